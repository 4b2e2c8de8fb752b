// SPDX-License-Identifier: Apache-2.0
// What a file is, besides its bytes: owner, mode, times, device, extended attributes.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace lamina::util {

/// Seconds since the epoch (may be negative) and nanoseconds (0 to 999,999,999).
struct Timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const Timestamp&) const = default;
};

struct Device {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const Device&) const = default;
};

/// Extended attributes: full name ("security.capability") to value, both bytes, ordered by name.
using Xattrs = std::map<std::string, std::string>;

struct Metadata {
  std::uint32_t mode = 0;  ///< type and permission bits, as st_mode
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Timestamp mtime;
  Device rdev;  ///< character and block devices only
  Xattrs xattrs;
  bool operator==(const Metadata&) const = default;
};

}  // namespace lamina::util
