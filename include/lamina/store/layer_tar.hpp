// SPDX-License-Identifier: Apache-2.0
// LayerTar: a layer's tar archive as it was imported, byte for byte, made of its skeleton and its objects.
#pragma once

#include <optional>

#include <lamina/store/skeleton.hpp>
#include <lamina/store/store.hpp>

namespace lamina::store {

class LayerTar final : public util::Source {
public:
  /// Throws Error when the store lacks the layer, as read() does when it lacks an object of it. `store` must outlive it.
  LayerTar(const Store& store, const digest::Digest& diff_id);
  std::size_t read(std::span<std::byte> into) override;

private:
  void open_object();

  const Store& store_;
  std::string what_;
  SkeletonReader skeleton_;
  SkeletonReader::Step step_;
  std::optional<util::FileSource> object_;
};

}  // namespace lamina::store
