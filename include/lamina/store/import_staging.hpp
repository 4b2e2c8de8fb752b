// SPDX-License-Identifier: Apache-2.0
// ImportStaging: what an import has made so far, invisible until publish(). The destructor throws away what was not
// published. Its layers (layer_staging.hpp) may be made by several threads at once; the rest is for one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

#include <lamina/store/store.hpp>
#include <lamina/util/early_sync.hpp>
#include <lamina/util/guarded.hpp>
#include <lamina/util/staged.hpp>

namespace lamina::store {

struct ObjectCounts {
  std::uint64_t added = 0;   ///< objects the store did not have
  std::uint64_t shared = 0;  ///< files whose content was there already
  std::uint64_t added_bytes = 0;
};

class LayerStaging;

class ImportStaging {
public:
  /// `pulse` is called now and then during long work that reads nothing; it may throw to cancel.
  explicit ImportStaging(
      const Store& store, std::function<void()> pulse = [] {});
  ~ImportStaging();

  /// Is the layer in the store or staged?
  bool has_layer(const digest::Digest& diff_id) const;
  tree::Tree layer_tree(const digest::Digest& diff_id) const;
  /// Merges layers that all are in the store or staged, unless the store has the merged tree already.
  void add_merged_tree(const std::vector<digest::Digest>& diff_ids);

  /// Makes objects, then layers, then the merged tree visible, each only when all that it needs is on disk.
  void publish();
  /// An image record needs what was published. Where this is not reached, the next Store::open() sweeps it.
  void complete() noexcept { is_publishing_ = false; }

  ObjectCounts counts() const {
    return known_.with([](const Known& known) { return known.counts; });
  }

private:
  friend class LayerStaging;

  struct ObjectDir {
    util::RootDir dir;
    std::vector<digest::Digest> objects;
  };
  struct Known {
    std::unordered_set<digest::Digest> added;
    std::vector<ObjectDir> object_dirs;  ///< one for each layer
    std::unordered_set<digest::Digest> layers;
    ObjectCounts counts;
  };

  /// Whether somebody has to write this content: false when the store or a layer of this import has it.
  bool claim(const digest::Digest& digest, std::uint64_t size, std::size_t object_dir);

  const Store& store_;
  std::function<void()> pulse_;
  util::Staged staged_;
  util::RootDir layers_dir_;
  util::RootDir trees_dir_;
  mutable util::Guarded<Known> known_;
  util::EarlySync early_sync_;
  std::optional<digest::Digest> merged_;
  bool is_publishing_ = false;
};

}  // namespace lamina::store
