// SPDX-License-Identifier: Apache-2.0
// Spin: whether to poll a little longer before sleeping. Polling saves the wake-up of an idle core, most of a
// request's time; but where cores are scarce it keeps the very process waiting that would send the next request, and
// sleeping is the faster way. Which of the two it is shows in whether polling finds anything, so that a Spin learns:
// it goes on while it pays and pauses when it does not. Used by one thread at a time.
#pragma once

#include <chrono>

namespace lamina::fuse {

class Spin {
public:
  using Clock = std::chrono::steady_clock;

  /// A request was taken.
  void found() noexcept;
  /// Nothing is there. True: look again (a moment has passed); false: sleep.
  bool again() noexcept;

private:
  void failed(Clock::time_point now, int cost) noexcept;

  bool polling_ = false;
  bool gave_up_ = true;  ///< since the last request: an idle file system costs nothing
  int credit_ = kMostCredit;
  Clock::time_point until_{};  ///< while polling: its end; without credit: the end of the pause
  Clock::time_point last_{};   ///< the last look

  static constexpr int kMostCredit = 4;
};

}  // namespace lamina::fuse
