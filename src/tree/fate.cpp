// SPDX-License-Identifier: Apache-2.0
#include <lamina/tree/fate.hpp>

namespace lamina::tree {

Fate decide(std::span<const Offer> offers) noexcept {
  Fate fate;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer offer = offers[i];
    if (offer == Offer::nothing) continue;
    if (offer == Offer::whiteout) return fate;
    if (offer == Offer::other) {
      if (!fate.winner) fate.winner = i;
      return fate;
    }
    if (!fate.winner) fate.winner = i;
    fate.contributors_end = i + 1;
    if (offer == Offer::opaque_directory) return fate;
  }
  return fate;
}

}  // namespace lamina::tree
