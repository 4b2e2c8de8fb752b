// SPDX-License-Identifier: Apache-2.0
// Spin: whether to poll a little longer before sleeping. Polling saves the wake-up of an idle core, most of a
// request's time, as long as a core is left for the process that is to send the next request. Where cores are
// scarce it only keeps that process waiting, and sleeping is several times faster. Used by one thread at a time.
#pragma once

#include <chrono>

#include <lamina/util/fd.hpp>

namespace lamina::fuse {

class Spin {
public:
  Spin();

  /// A request was taken.
  void found() noexcept;
  /// Nothing is there. True: look again (a moment has passed); false: sleep.
  bool again() noexcept;

private:
  using Clock = std::chrono::steady_clock;
  bool may_begin(Clock::time_point now) noexcept;
  bool cores_suffice() const noexcept;

  bool polling_ = false;
  bool gave_up_ = true;  ///< since the last request: an idle file system costs nothing
  Clock::time_point until_{};
  Clock::time_point paused_until_{};
  Clock::time_point judged_{};  ///< when cores_suffice() was asked last, and what it said
  bool suffice_ = false;
  int failures_ = 0;  ///< polls in vain, one after the other
  util::Fd load_;
  unsigned cores_;
};

}  // namespace lamina::fuse
