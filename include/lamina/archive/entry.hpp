// SPDX-License-Identifier: Apache-2.0
// Entry: one member of a tar archive, as bytes and numbers, before anyone has believed any of it.
#pragma once

#include <cstdint>
#include <string>

#include <lamina/util/metadata.hpp>

namespace lamina::archive {

enum class EntryType { file, directory, symlink, hardlink, character_device, block_device, fifo };

struct Entry {
  std::string path;  ///< as in the archive: raw bytes, may be absolute, hold "..", or end in '/'
  EntryType type = EntryType::file;
  std::string link_target;  ///< symlink and hardlink only, raw bytes
  std::uint64_t size = 0;   ///< bytes of content, holes included; files only
  util::Metadata metadata;  ///< mode carries the type bits; xattrs from SCHILY.xattr and LIBARCHIVE.xattr
};

}  // namespace lamina::archive
