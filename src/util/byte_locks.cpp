// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/byte_locks.hpp>

#include <cerrno>
#include <limits>

#include <fcntl.h>

#include <lamina/util/error.hpp>

namespace lamina::util {

bool ByteLocks::try_lock(std::uint64_t offset) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(offset & std::uint64_t{std::numeric_limits<off_t>::max()});
  range.l_len = 1;
  while (::fcntl(file_.get(), F_OFD_SETLK, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throw Error::from_errno("locking");
  }
  return true;
}

}  // namespace lamina::util
