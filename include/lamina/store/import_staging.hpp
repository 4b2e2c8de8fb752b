// SPDX-License-Identifier: Apache-2.0
// ImportStaging: what an import has made so far, invisible until publish(). The destructor throws away what was not
// published. All objects of an import are born in one directory, in archive order, so that the file system lays
// them out in the order in which a tree walk will read them. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <lamina/digest/hasher.hpp>
#include <lamina/store/store.hpp>
#include <lamina/tree/builder.hpp>
#include <lamina/util/staged.hpp>

namespace lamina::store {

struct ObjectCounts {
  std::uint64_t added = 0;   ///< objects the store did not have
  std::uint64_t shared = 0;  ///< files whose content was there already
  std::uint64_t added_bytes = 0;
};

class ImportStaging {
public:
  explicit ImportStaging(const Store& store);
  ~ImportStaging();

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
    friend class ImportStaging;
    Stream(ImportStaging& staging, util::Fd file) : staging_(staging), file_(std::move(file)) {}
    void hash_hole(std::uint64_t until);

    ImportStaging& staging_;
    util::Fd file_;
    digest::Hasher hasher_;
    std::uint64_t position_ = 0;
    std::uint64_t flushed_ = 0;
  };
  Stream open_stream();

  /// Is the layer in the store or staged?
  bool has_layer(const digest::Digest& diff_id) const;
  void add_layer(const LayerInfo& info, std::string_view tree);
  /// Merges layers that all are in the store or staged, unless the store has the merged tree already.
  void add_merged_tree(const std::vector<digest::Digest>& diff_ids);

  /// Makes objects, then layers, then the merged tree visible, each only when all that it needs is on disk.
  void publish();

  const ObjectCounts& counts() const noexcept { return counts_; }

private:
  bool is_known(const digest::Digest& digest, std::uint64_t size);

  const Store& store_;
  util::Staged staged_;
  util::RootDir objects_;
  util::RootDir layers_dir_;
  util::RootDir trees_dir_;
  std::unordered_set<digest::Digest> added_;
  std::unordered_set<digest::Digest> layers_;
  std::optional<digest::Digest> merged_;
  digest::Hasher hasher_;
  ObjectCounts counts_;
};

}  // namespace lamina::store
