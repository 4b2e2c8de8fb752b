// SPDX-License-Identifier: Apache-2.0
// import: the left corridor. source → verify → decompress → hash (DiffID) → tar entries → objects + tree → publish →
// merge → image record. Nothing is visible before all of it is; what fails leaves the store as it was.
#pragma once

#include <cstdint>
#include <vector>

#include <lamina/image/reference.hpp>
#include <lamina/ingest/limits.hpp>
#include <lamina/ingest/source_image.hpp>
#include <lamina/store/import_staging.hpp>
#include <lamina/store/store.hpp>

namespace lamina::ingest {

/// Told how an import goes on. Called from the import's threads, one at a time. A callback may throw to cancel.
class Progress {
public:
  virtual ~Progress() = default;
  /// Called again and again while another import is at work on a layer of this image.
  virtual void wait() = 0;
  /// `bytes` of layer blobs will be read.
  virtual void start(std::uint64_t bytes) = 0;
  /// Called now and then, with 0 during work that reads nothing.
  virtual void advance(std::uint64_t bytes) = 0;
};

struct ImportResult {
  digest::Digest id;
  std::vector<image::Reference> names;
  std::uint64_t layers_added = 0;
  std::uint64_t layers_shared = 0;
  std::uint64_t bytes_read = 0;  ///< of layer blobs
  store::ObjectCounts objects;
};

/// Brings `source` into the store and gives it `names`. Throws Error.
ImportResult import_image(const store::Store& store, const SourceImage& source,
                          const std::vector<image::Reference>& names, const Limits& limits, Progress& progress);

}  // namespace lamina::ingest
