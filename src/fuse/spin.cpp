// SPDX-License-Identifier: Apache-2.0
#include "spin.hpp"

#include <algorithm>

namespace lamina::fuse {
namespace {

using namespace std::chrono_literals;

constexpr auto kBudget = 50us;      // about what a wake-up costs: polling longer cannot win
constexpr auto kInterrupted = 20us; // between two looks: somebody else had the core
constexpr auto kPause = 10ms;       // so that trying again in vain costs half a percent

/// About a quarter of a microsecond, kind to a core's other thread and to the device's lock.
void relax() noexcept {
  for (int i = 0; i < 10; ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
}

}  // namespace

void Spin::found() noexcept {
  if (polling_) credit_ = std::min(credit_ + 1, kMostCredit);
  polling_ = false;
  gave_up_ = false;
}

bool Spin::again() noexcept {
  if (gave_up_) return false;
  const auto now = Clock::now();
  if (!polling_) {
    if (credit_ == 0 && now < until_) return !(gave_up_ = true);
    polling_ = true;
    credit_ = std::max(credit_, 1);
    until_ = now + kBudget;
  } else if (now - last_ > kInterrupted) {
    failed(now, kMostCredit);
    return false;
  } else if (now >= until_) {
    failed(now, 1);
    return false;
  }
  last_ = now;
  relax();
  return true;
}

void Spin::failed(Clock::time_point now, int cost) noexcept {
  polling_ = false;
  gave_up_ = true;
  credit_ = std::max(credit_ - cost, 0);
  until_ = now + kPause;
}

}  // namespace lamina::fuse
