// SPDX-License-Identifier: Apache-2.0
// Garbage: what no image record leads to. plan_gc() finds it without touching anything, sweep() removes it. The
// caller holds the store's lock exclusively over both, so that no running import relies on what is removed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lamina/store/store.hpp>

namespace lamina::store {

struct GcPlan {
  std::vector<Image> images;  ///< whose records and names go first
  std::vector<digest::Digest> layers;
  std::vector<digest::Digest> objects;
  std::vector<std::string> files;  ///< merged trees and blobs, as paths below the store
  std::uint64_t bytes = 0;         ///< of layers, objects and files
};

/// What nothing needs any more once `images` are removed.
GcPlan plan_gc(const Store& store, std::vector<Image> images);
void sweep(const Store& store, const GcPlan& plan);

}  // namespace lamina::store
