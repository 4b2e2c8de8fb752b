// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/import_staging.hpp>

#include <lamina/store/names.hpp>
#include <lamina/util/fault.hpp>
#include <lamina/util/parallel.hpp>

#include "merge_trees.hpp"

namespace lamina::store {
namespace {

constexpr std::size_t kMaxThreads = 4;

}  // namespace

ImportStaging::ImportStaging(const Store& store, std::function<void()> pulse)
    : store_(store),
      pulse_(std::move(pulse)),
      staged_(util::Staged::create(store.staging())),
      layers_dir_(staged_.dir().make_and_open("layers")),
      trees_dir_(staged_.dir().make_and_open("trees")),
      early_sync_(store.root()) {}

ImportStaging::~ImportStaging() {
  if (is_publishing_) staged_.abandon();  // with its mark: the next command removes what became visible
}

bool ImportStaging::claim(const digest::Digest& digest, std::uint64_t size, std::size_t object_dir) {
  const bool is_stored = store_.has_object(digest);
  return known_.with([&](Known& known) {
    if (is_stored || !known.added.insert(digest).second) {
      ++known.counts.shared;
      return false;
    }
    known.object_dirs[object_dir].objects.push_back(digest);
    ++known.counts.added;
    known.counts.added_bytes += size;
    return true;
  });
}

bool ImportStaging::has_layer(const digest::Digest& diff_id) const {
  return known_.with([&](const Known& known) { return known.layers.contains(diff_id); }) || store_.has_layer(diff_id);
}

tree::Tree ImportStaging::layer_tree(const digest::Digest& diff_id) const {
  const bool is_staged = known_.with([&](const Known& known) { return known.layers.contains(diff_id); });
  if (!is_staged) return store_.layer_tree(diff_id);
  return tree::Tree::open(layers_dir_.open_dir(diff_id.hex()).open_file(names::kTree), "a layer's new tree");
}

void ImportStaging::add_merged_tree(const std::vector<digest::Digest>& diff_ids) {
  const auto chain_id = image::chain_id(diff_ids);
  if (store_.has_merged_tree(chain_id)) return;
  const util::Fd file = trees_dir_.create_file(chain_id.hex());
  const auto open_tree = [this](const digest::Digest& diff_id) { return layer_tree(diff_id); };
  util::write_all(file, util::as_bytes(merge_trees(diff_ids, open_tree)), trees_dir_.full(chain_id.hex()));
  merged_ = chain_id;
  util::fault_point("import.tree");
}

void ImportStaging::publish() {
  const auto& root = store_.root();
  known_.with([&](Known& known) {
    staged_.dir().create_file(names::kUnfinished);
    is_publishing_ = true;
    root.sync_filesystem();
    util::fault_point("publish.synced");
    util::run_parallel(known.object_dirs.size(), kMaxThreads, [&](std::size_t i) {
      for (const auto& digest : known.object_dirs[i].objects) {
        // False when another import was faster: its copy is the same, ours goes with the staging.
        known.object_dirs[i].dir.rename(digest.hex(), root, names::object(digest), util::Replace::no);
        util::fault_point("publish.object");
      }
    });
    if (!known.added.empty()) root.sync_filesystem();
    util::fault_point("publish.objects");
    const auto layers = root.open_dir(names::kLayers);
    for (const auto& diff_id : known.layers) {
      layers_dir_.rename(diff_id.hex(), layers, diff_id.hex(), util::Replace::no);
      util::fault_point("publish.layer");
    }
    layers.sync();
    known.object_dirs.clear();
    known.added.clear();
    known.layers.clear();
  });
  if (!merged_) return;
  const auto trees = root.open_dir(names::kTrees);
  trees_dir_.rename(merged_->hex(), trees, merged_->hex(), util::Replace::no);
  trees.sync();
  util::fault_point("publish.tree");
  merged_.reset();
}

}  // namespace lamina::store
