// SPDX-License-Identifier: Apache-2.0
// Entry: one member of a tar archive, as bytes and numbers, before anyone has believed any of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <lamina/util/metadata.hpp>

namespace lamina::archive {

enum class EntryType { file, directory, symlink, hardlink, character_device, block_device, fifo };

/// By the type bits of a mode; nullopt for what no archive can hold: sockets.
std::optional<EntryType> find_entry_type(std::uint32_t mode) noexcept;

/// What is not here is not read: owners' names, access and change times, SCHILY.acl.* (as in containerd and umoci; ACLs
/// come as the attributes system.posix_acl_*, if at all) and global PAX headers (as in Go's archive/tar).
struct Entry {
  std::string path;  ///< as in the archive: raw bytes, may be absolute, hold "..", end in '/', or be empty
  EntryType type = EntryType::file;
  std::string link_target;  ///< symlink and hardlink only, raw bytes
  std::uint64_t size = 0;   ///< bytes of content, holes included; files only
  util::Metadata metadata;  ///< mode carries the type bits (a hard link's: of a file); xattrs from SCHILY.xattr,
                            ///< LIBARCHIVE.xattr and RHT.security.selinux
};

}  // namespace lamina::archive
