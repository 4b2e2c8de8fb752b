// SPDX-License-Identifier: Apache-2.0
// The kernel's mount table as this process sees it (proc(5), /proc/self/mountinfo). Unlike stat(2) it answers for a
// mount whose daemon died or hangs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::mount {

inline constexpr std::string_view kFsType = "fuse.lamina";

struct MountEntry {
  std::string mountpoint;
  std::string type;
};

/// Bottom first: of several mounts on one directory the last is the one seen.
std::vector<MountEntry> parse_mount_table(std::string_view mountinfo);

/// What is seen on `directory` (absolute, without symbolic links); nullopt when it is no mount point.
std::optional<MountEntry> find_mount(std::string_view directory);

}  // namespace lamina::mount
