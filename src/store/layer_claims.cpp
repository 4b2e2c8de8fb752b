// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/layer_claims.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include <lamina/store/names.hpp>

namespace lamina::store {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);  // short beside an import, long beside a system call

/// Where a layer's lock stands: two layers that share it only wait without need.
std::uint64_t position(const digest::Digest& diff_id) {
  std::uint64_t value = 0;
  std::memcpy(&value, diff_id.bytes().data(), sizeof value);
  return value;
}

}  // namespace

LayerClaims::LayerClaims(const Store& store, std::vector<digest::Digest> layers, const std::function<void()>& wait)
    : locks_(store.root().open_or_create(names::kLayerClaims)) {
  // Everybody takes them in one order, so that no two can wait for each other.
  std::ranges::sort(layers);
  for (const auto& diff_id : layers) {
    while (!locks_.try_lock(position(diff_id))) {
      wait();
      std::this_thread::sleep_for(kPause);
    }
  }
}

}  // namespace lamina::store
