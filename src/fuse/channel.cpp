// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

namespace lamina::fuse {
namespace {

thread_local bool holds_baton = false;
thread_local std::int32_t granted_backing_id = 0;

}  // namespace

Channel::Channel() : stop_event_(::eventfd(0, EFD_CLOEXEC)) {
  if (!stop_event_) throw util::Error::from_errno("making an eventfd");
}

void Channel::attach(int device) {
  device_ = device;
  const int flags = ::fcntl(device, F_GETFL);
  if (flags < 0 || ::fcntl(device, F_SETFL, flags | O_NONBLOCK) != 0)
    throw util::Error::from_errno("setting up the FUSE device");
}

ssize_t Channel::read(void* buffer, std::size_t size) {
  if (!holds_baton) {
    baton_.lock();
    holds_baton = true;
  }
  const ssize_t got = receive(buffer, size);
  const int error = errno;
  if (got <= 0 || request_waits()) pass_baton();  // at the end of the session too: the others must see it
  errno = error;
  return got;
}

ssize_t Channel::receive(void* buffer, std::size_t size) {
  while (!stopping_) {
    const ssize_t got = ::read(device_, buffer, size);
    if (got >= static_cast<ssize_t>(sizeof(wire::InHeader))) {
      const auto& request = *static_cast<const wire::InHeader*>(buffer);
      note(request);
      // Nodes are positions in the tree: there is nothing to forget.
      if (request.opcode == wire::kForget || request.opcode == wire::kBatchForget) continue;
      spin_.found();
      return got;
    }
    if (got >= 0 || errno != EAGAIN) return got;
    if (spin_.again()) continue;
    std::array<pollfd, 2> events{{{device_, POLLIN, 0}, {stop_event_.get(), POLLIN, 0}}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return -1;
  }
  errno = EINTR;
  return -1;
}

bool Channel::request_waits() const {
  pollfd event{device_, POLLIN, 0};
  return ::poll(&event, 1, 0) > 0;
}

void Channel::pass_baton() {
  if (!holds_baton) return;
  holds_baton = false;
  baton_.unlock();
}

void Channel::stop() noexcept {
  stopping_ = true;
  const std::uint64_t one = 1;
  if (::write(stop_event_.get(), &one, sizeof one) < 0) return;  // full already: it was told before
}

void Channel::note(const wire::InHeader& request) {
  if (request.opcode < requests_.size()) requests_[request.opcode].fetch_add(1, std::memory_order_relaxed);
  if (request.opcode == wire::kInit) init_unique_ = request.unique;
}

ssize_t Channel::write(iovec* parts, int count) {
  amend(parts, count);
  return ::writev(device_, parts, count);
}

void Channel::grant_passthrough(std::int32_t backing_id) noexcept { granted_backing_id = backing_id; }

/// libfuse before 3.17 knows nothing of passthrough: its INIT and OPEN replies have room for it, unused.
void Channel::amend(iovec* parts, int count) const {
  if (!passthrough_ || count != 2) return;
  const auto& header = *static_cast<const wire::OutHeader*>(parts[0].iov_base);
  if (header.error != 0) return;
  if (header.unique == init_unique_ && parts[1].iov_len == sizeof(wire::InitOut)) {
    auto& init = *static_cast<wire::InitOut*>(parts[1].iov_base);
    init.flags |= wire::kInitExt;
    init.flags2 |= wire::kPassthroughFlag2;
    init.max_stack_depth = 1;  // of backing files: on an ordinary file system only
  } else if (granted_backing_id > 0 && parts[1].iov_len == sizeof(wire::OpenOut)) {
    auto& open = *static_cast<wire::OpenOut*>(parts[1].iov_base);
    open.open_flags = (open.open_flags & ~wire::kOpenKeepCache) | wire::kOpenPassthrough;
    open.backing_id = granted_backing_id;
    granted_backing_id = 0;
  }
}

std::map<std::string, std::uint64_t> Channel::requests() const {
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t opcode = 0; opcode < requests_.size(); ++opcode) {
    const auto count = requests_[opcode].load(std::memory_order_relaxed);
    if (count != 0) counts.emplace(wire::kOpcodeNames[opcode], count);
  }
  return counts;
}

}  // namespace lamina::fuse
