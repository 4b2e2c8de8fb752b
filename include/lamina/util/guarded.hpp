// SPDX-License-Identifier: Apache-2.0
// Guarded<T>: data that can only be reached while its lock is held.
#pragma once

#include <mutex>
#include <utility>

namespace lamina::util {

template <typename T>
class Guarded {
public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  /// Calls `use` with the data while the lock is held; its result is returned.
  template <typename Use>
  decltype(auto) with(Use&& use) {
    const std::lock_guard hold(mutex_);
    return std::forward<Use>(use)(value_);
  }

private:
  std::mutex mutex_;
  T value_;
};

}  // namespace lamina::util
