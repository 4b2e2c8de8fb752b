// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/gc.hpp>

#include <algorithm>
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

Reachable mark(const Store& store, const std::vector<Image>& without) {
  Reachable reached;
  const auto id_of = [](const Image& image) { return image.record.id; };
  for (const auto& image : store.images()) {
    if (std::ranges::find(without, image.record.id, id_of) != without.end()) continue;
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

/// The digests that are names in `dir` and not in `keep`.
std::vector<digest::Digest> unreached(const Store& store, const std::string& dir, const DigestSet& keep) {
  std::vector<digest::Digest> found;
  for (const auto& name : store.root().list(dir)) {
    const auto digest = digest::Digest::find_hex(name);
    if (digest && !keep.contains(*digest)) found.push_back(*digest);
  }
  return found;
}

std::uint64_t size_of(const Store& store, const std::string& path) {
  const auto status = store.root().find_stat(path);
  return status ? static_cast<std::uint64_t>(status->st_size) : 0;
}

}  // namespace

GcPlan plan_gc(const Store& store, const std::vector<Image>& images) {
  const Reachable reached = mark(store, images);
  GcPlan plan;
  for (const auto& blob : unreached(store, names::kBlobs, reached.blobs)) plan.files.push_back(names::blob(blob));
  for (const auto& tree : unreached(store, names::kTrees, reached.trees))
    plan.files.push_back(names::merged_tree(tree));
  plan.layers = unreached(store, names::kLayers, reached.layers);
  for (const auto& prefix : store.root().list(names::kObjects)) {
    const auto found = unreached(store, fmt::format("{}/{}", names::kObjects, prefix), reached.objects);
    plan.objects.insert(plan.objects.end(), found.begin(), found.end());
  }

  for (const auto& path : plan.files) plan.bytes += size_of(store, path);
  for (const auto& object : plan.objects) plan.bytes += size_of(store, names::object(object));
  for (const auto& layer : plan.layers) {
    for (const auto& name : store.root().list(names::layer(layer)))
      plan.bytes += size_of(store, fmt::format("{}/{}", names::layer(layer), name));
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
  for (const auto& layer : plan.layers) {
    root.rename(names::layer(layer), staged_.dir(), layer.hex(), util::Replace::no);
    util::fault_point("sweep.layer");
  }
  if (!plan.layers.empty()) root.open_dir(names::kLayers).sync();
  for (const auto& path : plan.files) {
    root.remove_file(path);
    util::fault_point("sweep.file");
  }
  for (const auto& object : plan.objects) {
    root.remove_file(names::object(object));
    util::fault_point("sweep.object");
  }
  if (!plan.files.empty() || !plan.objects.empty()) root.sync_filesystem();
  is_begun_ = false;
  return plan;
}

}  // namespace lamina::store
