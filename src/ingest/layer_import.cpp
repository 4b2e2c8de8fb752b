// SPDX-License-Identifier: Apache-2.0
#include "layer_import.hpp"

#include <fmt/format.h>

#include <lamina/archive/decompressor.hpp>
#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

#include "layer_extractor.hpp"

namespace lamina::ingest {
namespace {

using util::Error;

/// Calls `tell` with the number of bytes that pass.
class MeteredSource final : public util::Source {
public:
  MeteredSource(std::unique_ptr<util::Source> inner, std::function<void(std::uint64_t)> tell)
      : inner_(std::move(inner)), tell_(std::move(tell)) {}

  std::size_t read(std::span<std::byte> into) override {
    const std::size_t got = inner_->read(into);
    tell_(got);
    return got;
  }

private:
  std::unique_ptr<util::Source> inner_;
  std::function<void(std::uint64_t)> tell_;
};

/// The layer's archive, whose digest the caller has to compare with the DiffID, unless the blob is the archive and has
/// a digest: then it is that one, which is verified anyway.
class LayerContent {
public:
  LayerContent(const LayerBlob& layer, const std::function<void(std::uint64_t)>& advance) {
    std::unique_ptr<util::Source> blob = std::make_unique<MeteredSource>(layer.file.open(), advance);
    if (layer.digest) {
      blob = std::make_unique<digest::VerifyingSource>(std::move(blob), *layer.digest, layer.file.size, layer.what);
    }
    auto [compression, whole] = archive::detect(std::move(blob));
    source_ = archive::decompress(std::move(whole), compression, layer.what);
    if (compression == archive::Compression::none && layer.digest) {
      verified_ = layer.digest;
    } else {
      auto hashing = std::make_unique<digest::HashingSource>(std::move(source_));
      hashing_ = hashing.get();
      source_ = std::move(hashing);
    }
  }

  std::unique_ptr<util::Source> take_source() noexcept { return std::move(source_); }
  /// After the end of the source.
  digest::Digest digest() const { return verified_ ? *verified_ : hashing_->finish(); }

private:
  std::unique_ptr<util::Source> source_;
  std::optional<digest::Digest> verified_;
  digest::HashingSource* hashing_ = nullptr;
};

}  // namespace

void import_layer(const LayerBlob& layer, const digest::Digest& diff_id, store::ImportStaging& staging, Budget& budget,
                  const std::function<void(std::uint64_t)>& advance) {
  LayerContent content(layer, advance);
  std::uint64_t tar_bytes = 0;
  // One thread reads, verifies, inflates and hashes; this one reads the tar and writes the objects.
  util::ReadAhead ahead(std::make_unique<MeteredSource>(content.take_source(), [&](std::uint64_t bytes) {
    tar_bytes += bytes;
    budget.spend_archive(bytes);
  }));
  store::LayerStaging staged(staging, diff_id);
  std::string tree;
  try {
    tree = LayerExtractor(ahead, layer.what, staged, budget).run();
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(layer.what)) throw;
    throw Error(fmt::format("{}: {}", layer.what, error.what()), error.code());
  }
  // The other thread is done: its end was read.
  if (const auto actual = content.digest(); actual != diff_id) {
    throw Error(fmt::format("{} has DiffID {}, but the config says {}", layer.what, actual.str(), diff_id.str()));
  }
  staged.finish({.diff_id = diff_id,
                 .tar_bytes = tar_bytes,
                 .content_bytes = tree::Tree::from_bytes(tree, layer.what).content_bytes(),
                 .media_type = layer.media_type,
                 .blob_digest = layer.digest.value_or(diff_id).str(),
                 .blob_bytes = layer.file.size},
                tree);
}

}  // namespace lamina::ingest
