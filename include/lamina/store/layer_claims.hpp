// SPDX-License-Identifier: Apache-2.0
// LayerClaims: the right to import certain layers. One import at a time has it for a layer, so that imports of images
// that share layers do not do the same work at once: the second one waits, and then finds the layer in the store.
#pragma once

#include <functional>
#include <vector>

#include <lamina/digest/digest.hpp>
#include <lamina/store/store.hpp>
#include <lamina/util/byte_locks.hpp>

namespace lamina::store {

class LayerClaims {
public:
  /// Claims `layers`, and calls `wait` again and again while another import has one of them; it may throw. Claims are
  /// given up by the destructor or by the death of the process.
  LayerClaims(const Store& store, std::vector<digest::Digest> layers, const std::function<void()>& wait);

private:
  util::ByteLocks locks_;
};

}  // namespace lamina::store
