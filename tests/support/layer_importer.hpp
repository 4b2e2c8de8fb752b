// SPDX-License-Identifier: Apache-2.0
// LayerImporter: brings layers into a store as an import does, from memory, and reads each archive out of it again.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include <lamina/digest/hasher.hpp>
#include <lamina/store/layer_staging.hpp>
#include <lamina/store/layer_tar.hpp>
#include <lamina/util/error.hpp>

#include "layer_extractor.hpp"
#include "temp_dir.hpp"

namespace lamina::test {

class LayerImporter {
public:
  explicit LayerImporter(const ingest::Limits& limits = {}) : limits_(limits) {}

  /// The bytes of the layer's tree. Throws Error for a stream that an import refuses, and std::logic_error when the
  /// archive that the store gives again is not the stream.
  std::string import(const std::string& stream) {
    if (!place_ || ++imported_ % kMaxLayers == 0) place_.emplace();
    const auto diff_id = digest::hash(util::as_bytes(stream));
    store::ImportStaging staging(place_->store);
    store::LayerStaging layer(staging, diff_id);
    util::MemorySource source(stream);
    ingest::Budget budget(limits_);
    std::string tree = ingest::LayerExtractor(source, "the layer", layer, budget).run();
    store::LayerInfo info;
    info.diff_id = diff_id;
    layer.finish(info, tree);
    staging.publish();
    staging.complete();
    if (read(diff_id) != stream) throw std::logic_error("the store gives another archive");
    return tree;
  }

private:
  std::string read(const digest::Digest& diff_id) const {
    try {
      store::LayerTar tar(place_->store, diff_id);
      return util::read_all(tar, std::uint64_t{1} << 30U, "the archive");
    } catch (const util::Error& error) {
      throw std::logic_error(error.what());
    }
  }

  static constexpr std::uint64_t kMaxLayers = 500;  // before they are thrown away

  struct Place {
    Place() : store(store::Store::open(dir.str("store"))) {}

    TempDir dir;
    store::Store store;
  };

  ingest::Limits limits_;
  std::optional<Place> place_;
  std::uint64_t imported_ = 0;
};

}  // namespace lamina::test
