// SPDX-License-Identifier: Apache-2.0
// Channel: the FUSE device. It decides who waits for the next request and how, counts requests, and writes into
// replies what libfuse has no name for.
//
// Waiting. Of all threads one at a time holds the baton and waits for the device; the others sleep on the baton, so
// that a request wakes nobody needlessly. The holder keeps the baton while it answers, since most answers take a few
// microseconds and waking another core costs more; it passes the baton on when a second request is waiting already
// (see read()) or when it is about to wait for the disk (see pass_baton()). A holder that finds no request polls
// the device for a moment before it sleeps, because waking an idle core is the largest part of a request's time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include <sys/types.h>
#include <sys/uio.h>

#include <lamina/util/fd.hpp>

#include "spin.hpp"
#include "wire.hpp"

namespace lamina::fuse {

class Channel {
public:
  Channel();

  /// Takes over reading from `device` (owned by libfuse); before the first read().
  void attach(int device);
  int device() const noexcept { return device_; }
  /// Asks for FUSE_PASSTHROUGH in the reply to INIT, for libfuse before 3.17.
  void request_passthrough() noexcept { passthrough_ = true; }

  /// The next request, as read(2). -1 with EINTR after stop().
  ssize_t read(void* buffer, std::size_t size);
  /// A reply, as writev(2).
  ssize_t write(iovec* parts, int count);

  /// To be called before a request waits for the disk: another thread takes the next one.
  void pass_baton();
  void stop() noexcept;

  /// The next open reply that this thread writes grants passthrough to this backing file; for libfuse before 3.17.
  static void grant_passthrough(std::int32_t backing_id) noexcept;

  std::map<std::string, std::uint64_t> requests() const;

private:
  ssize_t receive(void* buffer, std::size_t size);
  bool request_waits() const;
  void note(const wire::InHeader& request);
  void amend(iovec* parts, int count) const;

  int device_ = -1;
  bool passthrough_ = false;
  util::Fd stop_event_;
  std::atomic<bool> stopping_ = false;
  std::mutex baton_;  ///< taken before nothing and held across no other lock
  Spin spin_;         ///< the holder's
  std::uint64_t init_unique_ = 0;
  std::array<std::atomic<std::uint64_t>, wire::kOpcodeNames.size()> requests_{};
};

}  // namespace lamina::fuse
