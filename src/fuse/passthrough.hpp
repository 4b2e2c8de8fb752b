// SPDX-License-Identifier: Apache-2.0
// Passthrough: the backing ids of open files, one per inode, shared by all its opens as the kernel demands
// (Documentation/filesystems/fuse-passthrough.rst). Thread-safe.
#pragma once

#include <cstdint>
#include <unordered_map>

#include <lamina/overlay/overlay.hpp>
#include <lamina/util/guarded.hpp>

namespace lamina::fuse {

class Passthrough {
public:
  /// `device` is the FUSE device the ids belong to.
  Passthrough(const overlay::Overlay& overlay, int device) : overlay_(overlay), device_(device) {}

  /// The backing id to grant to an open of `ino`; 0: this open goes through the page cache, because the file is
  /// empty or the kernel refuses its file system. Throws what Overlay::open throws.
  std::int32_t open(overlay::Ino ino);
  /// One open less.
  void release(overlay::Ino ino) noexcept;

private:
  struct Backing {
    std::int32_t id = 0;  ///< 0: opens of this inode use the page cache; mixing both gives EIO
    std::uint64_t opens = 0;
  };

  std::int32_t make_id(const util::Fd& file) noexcept;
  void close_id(std::int32_t id) noexcept;

  const overlay::Overlay& overlay_;
  int device_;
  util::Guarded<std::unordered_map<overlay::Ino, Backing>> backings_;
};

}  // namespace lamina::fuse
