// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/file_lock.hpp>

#include <cerrno>

#include <sys/file.h>

#include <lamina/util/error.hpp>

namespace lamina::util {
namespace {

int operation(LockMode mode) noexcept { return mode == LockMode::shared ? LOCK_SH : LOCK_EX; }

}  // namespace

FileLock FileLock::wait(Fd file, LockMode mode) {
  while (::flock(file.get(), operation(mode)) != 0) {
    if (errno != EINTR) throw Error::from_errno("locking");
  }
  return FileLock(std::move(file));
}

std::optional<FileLock> FileLock::find(Fd file, LockMode mode) {
  while (::flock(file.get(), operation(mode) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) throw Error::from_errno("locking");
  }
  return FileLock(std::move(file));
}

}  // namespace lamina::util
