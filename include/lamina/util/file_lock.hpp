// SPDX-License-Identifier: Apache-2.0
// FileLock: an flock(2) on an open file, released by the destructor or by the death of the process.
#pragma once

#include <optional>

#include <lamina/util/fd.hpp>

namespace lamina::util {

enum class LockMode { shared, exclusive };

class FileLock {
public:
  /// Waits until the lock is granted.
  static FileLock wait(Fd file, LockMode mode);
  /// nullopt when another process holds it in a way that excludes `mode`.
  static std::optional<FileLock> find(Fd file, LockMode mode);

  const Fd& fd() const noexcept { return file_; }

private:
  explicit FileLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace lamina::util
