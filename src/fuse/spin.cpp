// SPDX-License-Identifier: Apache-2.0
#include "spin.hpp"

namespace lamina::fuse {
namespace {

void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void Spin::arm() noexcept {
  armed_ = true;
  polling_ = false;
}

bool Spin::again() noexcept {
  if (!armed_) return false;
  const auto now = Clock::now();
  if (!polling_) {
    polling_ = true;
    until_ = now + kBudget;
  } else if (now >= until_) {
    armed_ = false;
    return false;
  }
  for (int i = 0; i < 10; ++i) relax();
  return true;
}

}  // namespace lamina::fuse
