// SPDX-License-Identifier: Apache-2.0
// Overlay: the file system a mount shows, one method per operation, values in and values out, no FUSE type. Node ids
// are the tree's inode numbers, so that a node which only the tree knows costs no memory and forgetting it is free.
// Thread-safe; requests on tree nodes take no lock. Today read-only over one merged tree.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <lamina/overlay/object_files.hpp>
#include <lamina/tree/tree.hpp>
#include <lamina/util/fd.hpp>

namespace lamina::overlay {

using Ino = tree::Ino;

struct Attr {
  Ino ino = 0;
  tree::Inode inode;
};

struct StatFs {
  std::uint64_t bytes = 0;  ///< content of the image
  std::uint64_t files = 0;
};

class Overlay {
public:
  Overlay(tree::Tree tree, ObjectFiles objects);

  std::optional<Attr> lookup(Ino parent, std::string_view name) const;
  Attr getattr(Ino ino) const;
  std::string_view readlink(Ino ino) const;
  /// Entries from `offset`: 0 is ".", 1 is "..", then the tree's order. `emit` returns false when its buffer is
  /// full. With `emit`'s attr the kernel needs no lookup later.
  void readdir(Ino directory, std::uint64_t offset,
               const std::function<bool(std::string_view name, const Attr& attr, std::uint64_t next_offset)>& emit) const;
  /// Bytes at `offset`; fewer than asked for only at the end.
  std::size_t read(Ino ino, std::span<std::byte> into, std::uint64_t offset) const;
  /// The object behind a file, for passthrough; nullptr for an empty file.
  std::shared_ptr<const util::Fd> open(Ino ino) const;
  /// SEEK_DATA and SEEK_HOLE.
  std::uint64_t lseek(Ino ino, std::uint64_t offset, int whence) const;
  std::optional<std::string_view> getxattr(Ino ino, std::string_view name) const;
  /// Names, each with its NUL, as listxattr(2) gives them.
  std::string listxattr(Ino ino) const;
  StatFs statfs() const;
  bool has_xattrs() const noexcept;

private:
  tree::Tree tree_;
  mutable ObjectFiles objects_;
};

}  // namespace lamina::overlay
