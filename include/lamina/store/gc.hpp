// SPDX-License-Identifier: Apache-2.0
// Garbage: what no image record leads to. plan_gc() finds it without touching anything, a Removal removes it. The caller
// holds the store's lock exclusively over both, so that no running import relies on what is removed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lamina/store/store.hpp>
#include <lamina/util/staged.hpp>

namespace lamina::store {

struct GcPlan {
  std::vector<digest::Digest> layers;
  std::vector<digest::Digest> objects;
  std::vector<std::string> files;  ///< merged trees and blobs, as paths below the store
  std::uint64_t bytes = 0;         ///< of layers, objects and files
};

/// What nothing needs any more once `images` are removed.
GcPlan plan_gc(const Store& store, const std::vector<Image>& images = {});

/// From before the first record goes until what only images of such records needed is swept. One that ends before that (it died, or an
/// import holds the lock) is finished by the next Store::open() that finds the store's lock free.
class Removal {
public:
  explicit Removal(const Store& store);
  ~Removal();
  /// The record of an image and its names.
  void remove_image(const digest::Digest& id);
  /// Removes what plan_gc() finds, and returns it.
  GcPlan sweep();

private:
  const Store& store_;
  util::Staged staged_;
  bool is_begun_ = false;
};

}  // namespace lamina::store
