// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/import_staging.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>

#include "layer_info.hpp"
#include "merge_trees.hpp"

namespace lamina::store {
namespace {

using util::Error;

constexpr const char* kStream = "stream";
util::RootDir make_and_open(const util::RootDir& dir, const std::string& name) {
  dir.make_dir(name);
  return dir.open_dir(name);
}

constexpr mode_t kObjectMode = 0400;  // nobody has a reason to write an object
// Writing out begins while the import goes on, so that the sync at its end finds little left to do.
constexpr std::uint64_t kFlushStep = std::uint64_t{8} << 20U;

void start_writing_out(const util::Fd& file, std::uint64_t from, std::uint64_t length) {
  // Only a hint: the sync in publish() is what counts, and it reports the errors.
  static_cast<void>(
      ::sync_file_range(file.get(), static_cast<off64_t>(from), static_cast<off64_t>(length), SYNC_FILE_RANGE_WRITE));
}

}  // namespace

ImportStaging::ImportStaging(const Store& store)
    : store_(store),
      staged_(util::Staged::create(store.staging())),
      objects_(make_and_open(staged_.dir(), "objects")),
      layers_dir_(make_and_open(staged_.dir(), "layers")),
      trees_dir_(make_and_open(staged_.dir(), "trees")) {}

ImportStaging::~ImportStaging() = default;

bool ImportStaging::is_known(const digest::Digest& digest, std::uint64_t size) {
  if (added_.contains(digest) || store_.has_object(digest)) {
    ++counts_.shared;
    return true;
  }
  added_.insert(digest);
  ++counts_.added;
  counts_.added_bytes += size;
  return false;
}

tree::FileContent ImportStaging::add_object(util::Bytes content) {
  if (content.empty()) return {};
  hasher_.update(content);
  const auto digest = hasher_.finish();
  if (!is_known(digest, content.size())) {
    util::write_all(objects_.create_file(digest.hex(), kObjectMode), content, "an object of the store");
  }
  return {content.size(), digest};
}

ImportStaging::Stream ImportStaging::open_stream() {
  objects_.remove_file(kStream);  // of a stream that was never finished
  return {*this, objects_.create_file(kStream, kObjectMode)};
}

void ImportStaging::Stream::hash_hole(std::uint64_t until) {
  static constexpr std::array<std::byte, std::size_t{64} << 10U> kZeros{};
  while (position_ < until) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(kZeros.size(), until - position_));
    hasher_.update(util::Bytes(kZeros).first(step));
    position_ += step;
  }
}

void ImportStaging::Stream::write(std::uint64_t offset, util::Bytes data) {
  if (offset < position_) throw Error("the pieces of a file overlap");
  hash_hole(offset);
  hasher_.update(data);
  util::write_at(file_, data, offset, "an object of the store");
  position_ += data.size();
  if (position_ - flushed_ >= kFlushStep) {
    start_writing_out(file_, flushed_, position_ - flushed_);
    flushed_ = position_;
  }
}

tree::FileContent ImportStaging::Stream::finish(std::uint64_t size) {
  if (size < position_) throw Error("a file has more content than its size says");
  hash_hole(size);
  const auto digest = hasher_.finish();
  if (staging_.is_known(digest, size)) {
    staging_.objects_.remove_file(kStream);
    return {size, digest};
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    throw Error::from_errno("writing an object of the store");
  start_writing_out(file_, flushed_, 0);
  staging_.objects_.rename(kStream, staging_.objects_, digest.hex(), util::Replace::no);
  return {size, digest};
}

void ImportStaging::add_layer(const LayerInfo& info, std::string_view tree) {
  const std::string name = info.diff_id.hex();
  layers_dir_.make_dir(name);
  const auto dir = layers_dir_.open_dir(name);
  util::write_all(dir.create_file(names::kTree), util::as_bytes(tree), dir.full(names::kTree));
  util::write_all(dir.create_file(names::kInfo), util::as_bytes(write_layer_info(info)), dir.full(names::kInfo));
  layers_.insert(info.diff_id);
}

bool ImportStaging::has_layer(const digest::Digest& diff_id) const {
  return layers_.contains(diff_id) || store_.has_layer(diff_id);
}

void ImportStaging::add_merged_tree(const std::vector<digest::Digest>& diff_ids) {
  const auto chain_id = image::chain_id(diff_ids);
  if (store_.has_merged_tree(chain_id)) return;
  const auto open_tree = [&](const digest::Digest& diff_id) {
    if (!layers_.contains(diff_id)) return store_.layer_tree(diff_id);
    return tree::Tree::open(layers_dir_.open_dir(diff_id.hex()).open_file(names::kTree), "a layer's new tree");
  };
  const util::Fd file = trees_dir_.create_file(chain_id.hex());
  util::write_all(file, util::as_bytes(merge_trees(diff_ids, open_tree)), trees_dir_.full(chain_id.hex()));
  merged_ = chain_id;
}

void ImportStaging::publish() {
  const auto& root = store_.root();
  root.sync_filesystem();
  for (const auto& digest : added_) {
    // False when another import was faster: its copy is the same, ours goes with the staging.
    objects_.rename(digest.hex(), root, names::object(digest), util::Replace::no);
  }
  if (!added_.empty()) root.sync_filesystem();
  const auto move_in = [](const util::RootDir& from, const util::RootDir& to, const digest::Digest& digest) {
    from.rename(digest.hex(), to, digest.hex(), util::Replace::no);
  };
  const auto layers = root.open_dir(names::kLayers);
  for (const auto& diff_id : layers_) move_in(layers_dir_, layers, diff_id);
  layers.sync();
  if (merged_) move_in(trees_dir_, root.open_dir(names::kTrees), *merged_);
  added_.clear();
  layers_.clear();
  merged_.reset();
}

}  // namespace lamina::store
