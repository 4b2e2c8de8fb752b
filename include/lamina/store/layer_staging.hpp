// SPDX-License-Identifier: Apache-2.0
// LayerStaging: one layer of an import on its way into the store. Its objects are born in one directory, in archive
// order, so that the file system lays them out in the order in which a tree walk will read them. For one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <lamina/digest/hasher.hpp>
#include <lamina/store/import_staging.hpp>
#include <lamina/store/skeleton.hpp>
#include <lamina/tree/builder.hpp>

namespace lamina::store {

class LayerStaging {
public:
  /// `import` must outlive it. At most one for each DiffID.
  LayerStaging(ImportStaging& import, const digest::Digest& diff_id);

  /// A whole file's content. Empty content makes no object.
  tree::FileContent add_object(util::Bytes content);

  /// A file's content piece by piece, for files too large for memory; gaps between pieces stay holes.
  class Stream {
  public:
    /// `offset` never less than the end of the piece before.
    void write(std::uint64_t offset, util::Bytes data);
    /// `size` in bytes: at least the end of the last piece; the rest is a hole.
    tree::FileContent finish(std::uint64_t size);

  private:
    friend class LayerStaging;
    Stream(LayerStaging& layer, util::Fd file) : layer_(layer), file_(std::move(file)) {}
    void hash_hole(std::uint64_t until);

    LayerStaging& layer_;
    util::Fd file_;
    digest::Hasher hasher_;
    std::uint64_t position_ = 0;
  };
  Stream open_stream();

  SkeletonWriter& skeleton() noexcept { return skeleton_; }

  /// The layer is whole: `tree` is its tree, and the skeleton has all pieces.
  void finish(const LayerInfo& info, std::string_view tree);

private:
  LayerStaging(ImportStaging& import, const digest::Digest& diff_id, std::size_t number);

  ImportStaging& import_;
  digest::Digest diff_id_;
  std::size_t object_dir_;
  util::RootDir objects_;
  util::RootDir dir_;
  SkeletonWriter skeleton_;
  digest::Hasher hasher_;
};

}  // namespace lamina::store
