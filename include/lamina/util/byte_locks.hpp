// SPDX-License-Identifier: Apache-2.0
// ByteLocks: any number of locks in one file, each on one of its bytes, of which the file need not have a single one.
// Released by the destructor or by the death of the process (fcntl_locking(2), open file description locks).
#pragma once

#include <cstdint>

#include <lamina/util/fd.hpp>

namespace lamina::util {

class ByteLocks {
public:
  /// `file` must be open for writing.
  explicit ByteLocks(Fd file) : file_(std::move(file)) {}

  /// Locks the byte at `offset` (its highest bit is ignored); false while somebody else has it.
  bool try_lock(std::uint64_t offset);

private:
  Fd file_;
};

}  // namespace lamina::util
