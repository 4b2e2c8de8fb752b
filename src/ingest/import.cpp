// SPDX-License-Identifier: Apache-2.0
#include <lamina/ingest/import.hpp>

#include <chrono>

#include <fmt/format.h>

#include <lamina/archive/decompressor.hpp>
#include <lamina/image/config.hpp>
#include <lamina/util/error.hpp>

#include "layer_extractor.hpp"

namespace lamina::ingest {
namespace {

using util::Error;

class ReportingSource final : public util::Source {
public:
  ReportingSource(std::unique_ptr<util::Source> inner, Progress& progress)
      : inner_(std::move(inner)), progress_(progress) {}

  std::size_t read(std::span<std::byte> into) override {
    const std::size_t got = inner_->read(into);
    progress_.advance(got);
    return got;
  }

private:
  std::unique_ptr<util::Source> inner_;
  Progress& progress_;
};

/// The verified blob, decompressed.
std::unique_ptr<util::Source> open_layer(const LayerBlob& layer, Progress& progress) {
  std::unique_ptr<util::Source> blob = std::make_unique<ReportingSource>(layer.file.open(), progress);
  if (layer.digest) {
    blob = std::make_unique<digest::VerifyingSource>(std::move(blob), *layer.digest, layer.file.size, layer.what);
  }
  return archive::decompress_detected(std::move(blob), layer.what);
}

void import_layer(const LayerBlob& layer, const digest::Digest& diff_id, store::ImportStaging& staging,
                  Progress& progress) {
  // One thread reads, verifies, inflates and hashes; this one reads the tar and writes the objects.
  auto hashing_owned = std::make_unique<digest::HashingSource>(open_layer(layer, progress));
  auto& hashing = *hashing_owned;
  util::ReadAhead content(std::move(hashing_owned));
  std::string tree;
  try {
    archive::TarReader tar(content, layer.what);
    tree = LayerExtractor(tar, staging).run();
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(layer.what)) throw;
    throw Error(fmt::format("{}: {}", layer.what, error.what()), error.code());
  }
  util::drain(content);  // the DiffID covers what follows the archive's end, too; now the other thread is done
  if (const auto actual = hashing.finish(); actual != diff_id) {
    throw Error(fmt::format("{} has DiffID {}, but the config says {}", layer.what, actual.str(), diff_id.str()));
  }
  const auto content_bytes = tree::Tree::from_bytes(tree, layer.what).content_bytes();
  staging.add_layer({.diff_id = diff_id,
                     .tar_bytes = hashing.size(),
                     .content_bytes = content_bytes,
                     .media_type = layer.media_type,
                     .blob_digest = layer.digest.value_or(diff_id).str(),
                     .blob_bytes = layer.file.size},
                    tree);
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
                          const std::vector<image::Reference>& names, Progress& progress) {
  const auto config = image::Config::parse(source.config, fmt::format("the config of {}", source.what));
  if (config.diff_ids.size() != source.layers.size()) {
    throw Error(fmt::format("{} has {} layers, but its config lists {} diff_ids", source.what, source.layers.size(),
                            config.diff_ids.size()));
  }
  const auto lock = store.lock(util::LockMode::shared);
  store::ImportStaging staging(store);
  ImportResult result;
  for (std::size_t i = 0; i < source.layers.size(); ++i) {
    if (!store.has_layer(config.diff_ids[i])) result.bytes_read += source.layers[i].file.size;
  }
  progress.start(result.bytes_read);
  for (std::size_t i = 0; i < source.layers.size(); ++i) {
    if (staging.has_layer(config.diff_ids[i])) {
      ++result.layers_shared;
    } else {
      import_layer(source.layers[i], config.diff_ids[i], staging, progress);
      ++result.layers_added;
    }
  }
  staging.add_merged_tree(config.diff_ids);  // before anything is visible: a layer may have links that lead nowhere
  staging.publish();
  result.objects = staging.counts();

  result.id = store.put_blob(source.config);
  const auto manifest = store.put_blob(
      source.manifest ? *source.manifest : make_manifest(store, result.id, source.config.size(), config.diff_ids));
  store.put_image({result.id, manifest, image::chain_id(config.diff_ids),
                   std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())});
  result.names = names;
  for (const auto& name : names) store.tag(name, result.id);
  return result;
}

}  // namespace lamina::ingest
