// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/gc.hpp>

#include <unordered_set>

#include <fmt/format.h>

#include <lamina/store/names.hpp>
#include <lamina/store/skeleton.hpp>
#include <lamina/util/fault.hpp>

namespace lamina::store {
namespace {

using DigestSet = std::unordered_set<digest::Digest>;

struct Reachable {
  DigestSet blobs;
  DigestSet layers;
  DigestSet trees;
  DigestSet objects;
};

Reachable mark(const Store& store) {
  Reachable reached;
  for (const auto& image : store.images()) {
    reached.blobs.insert({image.record.id, image.record.manifest});
    reached.trees.insert(image.record.chain);
    reached.layers.insert(image.config.diff_ids.begin(), image.config.diff_ids.end());
  }
  for (const auto& diff_id : reached.layers) {
    if (!store.has_layer(diff_id)) continue;  // `check` is who complains
    const auto tree = store.layer_tree(diff_id);
    for (std::uint64_t i = 0; i < tree.digest_count(); ++i) reached.objects.insert(tree.digest_at(i));
    // An archive may hold a name twice: its tar needs the content that the tree has not.
    const std::string skeleton = names::layer_skeleton(diff_id);
    const auto objects = skeleton_objects(store.root().open_file(skeleton), store.root().full(skeleton));
    reached.objects.insert(objects.begin(), objects.end());
  }
  return reached;
}

/// Names in `dir` that are digests and not in `keep`; each one's path and size go into the plan.
void plan_dir(const Store& store, const std::string& dir, const DigestSet& keep, std::vector<std::string>& into,
              std::uint64_t& bytes) {
  for (const auto& name : store.root().list(dir)) {
    const auto digest = digest::Digest::find_hex(name);
    if (!digest || keep.contains(*digest)) continue;
    std::string path = fmt::format("{}/{}", dir, name);
    if (const auto status = store.root().find_stat(path)) bytes += static_cast<std::uint64_t>(status->st_size);
    into.push_back(std::move(path));
  }
}

}  // namespace

GcPlan plan_gc(const Store& store) {
  const Reachable reached = mark(store);
  GcPlan plan;
  plan_dir(store, names::kBlobs, reached.blobs, plan.files, plan.bytes);
  plan_dir(store, names::kTrees, reached.trees, plan.files, plan.bytes);
  plan_dir(store, names::kLayers, reached.layers, plan.layers, plan.bytes);
  for (const auto& prefix : store.root().list(names::kObjects)) {
    plan_dir(store, fmt::format("{}/{}", names::kObjects, prefix), reached.objects, plan.files, plan.bytes);
  }
  return plan;
}

Removal::Removal(const Store& store) : store_(store), staged_(util::Staged::create(store.staging())) {}

Removal::~Removal() {
  if (is_begun_) staged_.abandon();
}

void Removal::remove_image(const digest::Digest& id) {
  if (!is_begun_) {
    staged_.dir().create_file(names::kUnfinished);
    staged_.dir().sync();
    store_.staging().sync();
    is_begun_ = true;
  }
  store_.remove_image(id);
}

GcPlan Removal::sweep() {
  GcPlan plan = plan_gc(store_);
  const auto& root = store_.root();
  // Layers before objects: a layer that is visible is complete, at every moment. A layer's directory goes whole, by
  // one rename into staging.
  for (const auto& path : plan.layers) {
    root.rename(path, staged_.dir(), path.substr(path.rfind('/') + 1), util::Replace::no);
    util::fault_point("sweep.layer");
  }
  if (!plan.layers.empty()) root.open_dir(names::kLayers).sync();
  for (const auto& path : plan.files) {
    root.remove_file(path);
    util::fault_point("sweep.file");
  }
  if (!plan.files.empty()) root.sync_filesystem();
  is_begun_ = false;
  return plan;
}

}  // namespace lamina::store
