// SPDX-License-Identifier: Apache-2.0
// Garbage: what no image record leads to. plan_gc() finds it without touching anything, sweep() removes it. The
// caller holds the store's lock exclusively over both, so that no running import relies on what is removed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lamina/store/store.hpp>

namespace lamina::store {

struct GcPlan {
  std::vector<std::string> files;   ///< objects, merged trees and blobs, as paths below the store
  std::vector<std::string> layers;  ///< layer directories, as paths below the store
  std::uint64_t bytes = 0;          ///< of all of them
};

GcPlan plan_gc(const Store& store);
void sweep(const Store& store, const GcPlan& plan);

}  // namespace lamina::store
