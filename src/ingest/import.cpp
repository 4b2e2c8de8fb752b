// SPDX-License-Identifier: Apache-2.0
#include <lamina/ingest/import.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <unordered_set>

#include <fmt/format.h>

#include <lamina/image/config.hpp>
#include <lamina/store/layer_claims.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/parallel.hpp>

#include "layer_import.hpp"

namespace lamina::ingest {
namespace {

using util::Error;

constexpr std::size_t kMaxParallel = 4;   // each has a thread more and some MiB of buffers
constexpr std::size_t kMaxLayers = 1000;  // docker and containers-storage stop at 127 and 500

/// Progress for several threads, and their way to stop all when one has failed.
class Reporter {
public:
  explicit Reporter(Progress& progress) : progress_(progress) {}

  void advance(std::uint64_t bytes) {
    const std::lock_guard hold(mutex_);
    if (stopped_) throw Error("another layer of the image failed", ECANCELED);
    progress_.advance(bytes);
  }
  void stop() {
    const std::lock_guard hold(mutex_);
    stopped_ = true;
  }

private:
  Progress& progress_;
  std::mutex mutex_;
  bool stopped_ = false;
};

/// The positions of the layers that the store lacks, each layer once.
std::vector<std::size_t> find_missing(const store::Store& store, const std::vector<digest::Digest>& diff_ids) {
  std::vector<std::size_t> missing;
  std::unordered_set<digest::Digest> seen;
  for (std::size_t i = 0; i < diff_ids.size(); ++i) {
    if (seen.insert(diff_ids[i]).second && !store.has_layer(diff_ids[i])) missing.push_back(i);
  }
  return missing;
}

store::LayerClaims claim_missing(const store::Store& store, const std::vector<digest::Digest>& diff_ids,
                                 Progress& progress) {
  std::vector<digest::Digest> missing;
  for (const std::size_t i : find_missing(store, diff_ids)) missing.push_back(diff_ids[i]);
  return {store, std::move(missing), [&] { progress.wait(); }};
}

/// Brings the layers `missing` into the staging, several at once.
void import_layers(const SourceImage& source, const std::vector<digest::Digest>& diff_ids,
                   std::vector<std::size_t> missing, store::ImportStaging& staging, Budget& budget,
                   Reporter& reporter) {
  // The largest first: begun last, it would run on alone.
  std::ranges::stable_sort(missing, std::greater{}, [&](std::size_t i) { return source.layers[i].file.size; });
  util::run_parallel(missing.size(), kMaxParallel, [&](std::size_t i) {
    try {
      import_layer(source.layers[missing[i]], diff_ids[missing[i]], staging, budget,
                   [&](std::uint64_t bytes) { reporter.advance(bytes); });
    } catch (...) {
      reporter.stop();
      throw;
    }
  });
}

/// The merge takes each layer as often as the image has it.
void require_mergeable(const store::ImportStaging& staging, const std::vector<digest::Digest>& diff_ids,
                       const Limits& limits) {
  Budget budget(limits);
  for (const auto& diff_id : diff_ids) budget.spend_entries(staging.layer_tree(diff_id).inode_count());
}

/// For sources without one (docker-archive, rootfs): its layers are the uncompressed archives.
std::string make_manifest(const store::Store& store, const digest::Digest& config, std::size_t config_size,
                          const std::vector<digest::Digest>& diff_ids) {
  image::Manifest manifest;
  manifest.media_type = image::kOciManifest;
  manifest.config.media_type = image::kOciConfig;
  manifest.config.digest = config;
  manifest.config.size = config_size;
  for (const auto& diff_id : diff_ids) {
    image::Descriptor layer;
    layer.media_type = image::kOciLayerTar;
    layer.digest = diff_id;
    layer.size = store.layer_info(diff_id).tar_bytes;
    manifest.layers.push_back(std::move(layer));
  }
  return manifest.dump();
}

}  // namespace

ImportResult import_image(const store::Store& store, const SourceImage& source,
                          const std::vector<image::Reference>& names, const Limits& limits, Progress& progress) {
  const auto config = image::Config::parse(source.config, fmt::format("the config of {}", source.what));
  const auto& diff_ids = config.diff_ids;
  if (diff_ids.size() != source.layers.size()) {
    throw Error(fmt::format("{} has {} layers, but its config lists {} diff_ids", source.what, source.layers.size(),
                            diff_ids.size()));
  }
  if (diff_ids.size() > kMaxLayers) {
    throw Error(fmt::format("{} has {} layers; more than {} are not taken", source.what, diff_ids.size(), kMaxLayers));
  }
  const auto lock = store.lock(util::LockMode::shared);
  const auto claims = claim_missing(store, diff_ids, progress);
  const auto missing = find_missing(store, diff_ids);  // another import may have brought some while this one waited
  ImportResult result;
  result.layers_added = missing.size();
  result.layers_shared = diff_ids.size() - missing.size();
  for (const std::size_t i : missing) result.bytes_read += source.layers[i].file.size;
  progress.start(result.bytes_read);

  Reporter reporter(progress);
  Budget budget(limits);
  store::ImportStaging staging(store, [&] { reporter.advance(0); });
  import_layers(source, diff_ids, missing, staging, budget, reporter);
  require_mergeable(staging, diff_ids, limits);
  staging.add_merged_tree(diff_ids);  // before anything is visible: a layer may have links that lead nowhere
  staging.publish();
  result.objects = staging.counts();

  result.id = store.put_blob(source.config);
  const auto manifest = store.put_blob(
      source.manifest ? *source.manifest : make_manifest(store, result.id, source.config.size(), diff_ids));
  store.put_image({result.id, manifest, image::chain_id(diff_ids),
                   std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())});
  staging.complete();
  result.names = names;
  for (const auto& name : names) store.tag(name, result.id);
  return result;
}

}  // namespace lamina::ingest
