// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/layer_tar.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>

namespace lamina::store {

LayerTar::LayerTar(const Store& store, const digest::Digest& diff_id)
    : store_(store),
      what_(store.root().full(names::layer_skeleton(diff_id))),
      skeleton_(store.root().open_file(names::layer_skeleton(diff_id)), what_) {}

void LayerTar::open_object() {
  auto file = std::make_shared<util::Fd>(store_.open_object(step_.object));
  const std::string what = fmt::format("the object {}", step_.object.hex());
  const std::uint64_t size = util::file_size(*file, what);
  if (step_.offset > size || step_.length > size - step_.offset) {
    throw util::Error(fmt::format("{} is shorter than {} says", what, what_));
  }
  object_.emplace(std::move(file), step_.offset, step_.length, what);
}

std::size_t LayerTar::read(std::span<std::byte> into) {
  while (!into.empty()) {
    if (step_.raw != 0) {
      const auto part = into.first(std::min<std::uint64_t>(into.size(), step_.raw));
      skeleton_.read_raw(part);
      step_.raw -= part.size();
      return part.size();
    }
    if (step_.length != 0) {
      if (!object_) open_object();
      const std::size_t got = object_->read(into);
      if (got == 0) throw util::Error(fmt::format("an object shrank while {} was read", what_));
      step_.length -= got;
      return got;
    }
    object_.reset();
    if (!skeleton_.next(step_)) break;
  }
  return 0;
}

}  // namespace lamina::store
