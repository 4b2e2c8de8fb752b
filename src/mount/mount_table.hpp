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

/// `path` absolute and without symbolic links; nullopt, with errno set, when it cannot be followed to its end.
std::optional<std::string> find_real_path(const std::string& path);

/// What is seen on `directory` (absolute, without symbolic links); nullopt when it is no mount point.
std::optional<MountEntry> find_mount(std::string_view directory);

}  // namespace lamina::mount
