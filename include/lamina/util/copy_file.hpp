// SPDX-License-Identifier: Apache-2.0
// copy_file: one file's content into another, in the cheapest way that the file system has.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <lamina/util/fd.hpp>

namespace lamina::util {

/// Copies `from`, which has `size` bytes, into the empty file `to`: shared where the file system can share (reflink),
/// else copied by the kernel, else read and written. Holes stay holes. `between` is called before each piece of at most
/// 16 MiB and may throw. Throws Error naming `what`.
void copy_file(const Fd& from, const Fd& to, std::uint64_t size, std::string_view what,
               const std::function<void()>& between);

}  // namespace lamina::util
