// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/layer_staging.hpp>

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/fault.hpp>

#include "layer_info.hpp"

namespace lamina::store {
namespace {

using util::Error;

constexpr const char* kStream = "stream";
constexpr const char* kWhat = "an object of the store";
constexpr mode_t kObjectMode = 0400;  // nobody has a reason to write an object

}  // namespace

LayerStaging::LayerStaging(ImportStaging& import, const digest::Digest& diff_id)
    : LayerStaging(import, diff_id, import.known_.with([&](ImportStaging::Known& known) {
        const std::size_t number = known.object_dirs.size();
        known.object_dirs.push_back({import.staged_.dir().make_and_open(fmt::format("objects-{}", number)), {}});
        return number;
      })) {}

LayerStaging::LayerStaging(ImportStaging& import, const digest::Digest& diff_id, std::size_t number)
    : import_(import),
      diff_id_(diff_id),
      object_dir_(number),
      objects_(import.staged_.dir().open_dir(fmt::format("objects-{}", number))),
      dir_(import.layers_dir_.make_and_open(diff_id.hex())),
      skeleton_(dir_.create_file(names::kSkeleton)) {}

tree::FileContent LayerStaging::add_object(util::Bytes content) {
  if (content.empty()) return {};
  hasher_.update(content);
  const auto digest = hasher_.finish();
  if (import_.claim(digest, content.size(), object_dir_)) {
    util::write_all(objects_.create_file(digest.hex(), kObjectMode), content, kWhat);
    import_.early_sync_.add(content.size());
    util::fault_point("import.object");
  }
  return {content.size(), digest};
}

LayerStaging::Stream LayerStaging::open_stream() {
  objects_.remove_file(kStream);  // of a stream that was never finished
  return {*this, objects_.create_file(kStream, kObjectMode)};
}

void LayerStaging::Stream::hash_hole(std::uint64_t until) {
  static constexpr std::array<std::byte, std::size_t{64} << 10U> kZeros{};
  while (position_ < until) {
    layer_.import_.pulse_();
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(kZeros.size(), until - position_));
    hasher_.update(util::Bytes(kZeros).first(step));
    position_ += step;
  }
}

void LayerStaging::Stream::write(std::uint64_t offset, util::Bytes data) {
  if (offset < position_) throw Error("the pieces of a file overlap");
  hash_hole(offset);
  hasher_.update(data);
  util::write_at(file_, data, offset, kWhat);
  position_ += data.size();
  layer_.import_.early_sync_.add(data.size());
}

tree::FileContent LayerStaging::Stream::finish(std::uint64_t size) {
  if (size < position_) throw Error("a file has more content than its size says");
  hash_hole(size);
  const auto digest = hasher_.finish();
  if (!layer_.import_.claim(digest, size, layer_.object_dir_)) {
    layer_.objects_.remove_file(kStream);
    return {size, digest};
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    throw Error::from_errno(fmt::format("writing {}", kWhat));
  layer_.objects_.rename(kStream, layer_.objects_, digest.hex(), util::Replace::no);
  util::fault_point("import.large-object");
  return {size, digest};
}

void LayerStaging::finish(const LayerInfo& info, std::string_view tree) {
  skeleton_.finish();
  util::write_all(dir_.create_file(names::kTree), util::as_bytes(tree), dir_.full(names::kTree));
  util::write_all(dir_.create_file(names::kInfo), util::as_bytes(write_layer_info(info)), dir_.full(names::kInfo));
  import_.known_.with([&](ImportStaging::Known& known) { known.layers.insert(diff_id_); });
  util::fault_point("import.layer");
}

}  // namespace lamina::store
