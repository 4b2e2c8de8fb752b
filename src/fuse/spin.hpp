// SPDX-License-Identifier: Apache-2.0
// Spin: how long to poll before sleeping. Used by one thread at a time.
#pragma once

#include <chrono>

namespace lamina::fuse {

class Spin {
public:
  using Clock = std::chrono::steady_clock;

  /// A request was taken: polling begins anew after it.
  void arm() noexcept;
  /// Nothing is there. True: poll again (a moment has passed); false: sleep.
  bool again() noexcept;

private:
  static constexpr std::chrono::microseconds kBudget{50};
  Clock::time_point until_{};
  bool armed_ = false;
  bool polling_ = false;
};

}  // namespace lamina::fuse
