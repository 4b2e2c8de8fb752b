// SPDX-License-Identifier: Apache-2.0
#include "pipe.hpp"

#include <array>

#include <fcntl.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

namespace lamina::mount {

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw util::Error::from_errno("making a pipe");
  return {util::Fd(ends[0]), util::Fd(ends[1])};
}

}  // namespace lamina::mount
