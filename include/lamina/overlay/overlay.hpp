// SPDX-License-Identifier: Apache-2.0
// Overlay: the file system a mount shows, one method per operation, values in and values out, no FUSE type. Node ids
// are the tree's inode numbers, so that a node which only the tree knows costs no memory and forgetting it is free.
// Thread-safe; requests on tree nodes take no lock. Today read-only over one merged tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <lamina/overlay/object_files.hpp>
#include <lamina/overlay/tree_run.hpp>
#include <lamina/tree/tree.hpp>
#include <lamina/util/fd.hpp>
#include <lamina/util/guarded.hpp>

namespace lamina::overlay {

struct Attr {
  Ino ino = 0;
  tree::Inode inode;
};

struct StatFs {
  std::uint64_t bytes = 0;  ///< content of the image
  std::uint64_t files = 0;  ///< inodes of the image
};

/// Every method throws Error: EIO for a damaged tree or object (which is logged, once per file), else as stated.
class Overlay {
public:
  Overlay(tree::Tree tree, ObjectFiles objects);

  /// "." and ".." are answered too, as a server of file handles needs it. Throws ENOTDIR, ENAMETOOLONG.
  std::optional<Attr> lookup(Ino parent, std::string_view name) const;
  Attr getattr(Ino ino) const;
  /// Throws EINVAL when it is no symbolic link.
  std::string_view readlink(Ino ino) const;
  /// Calls `emit(name, attr, next_offset)`, which returns false when its buffer is full, for the entries from
  /// `offset` on: 0 is ".", 1 is "..", then the tree's order. Throws ENOTDIR.
  template <typename Emit>
  void readdir(Ino directory, std::uint64_t offset, Emit&& emit) const;
  /// Bytes at `offset`; fewer than asked for only at the end. Throws EISDIR, EINVAL for other types.
  std::size_t read(Ino ino, std::span<std::byte> into, std::uint64_t offset) const;
  /// As read(); nullopt when the disk would have to be waited for.
  std::optional<std::size_t> try_read(Ino ino, std::span<std::byte> into, std::uint64_t offset) const;
  /// To be told when somebody begins to read a file: what to prefetch(), since a run over the tree seems to go on.
  std::optional<InoRange> note_start(Ino ino) const;
  /// Lets the kernel begin to read the contents of these nodes; may wait for the disk to find them.
  void prefetch(const InoRange& nodes) const noexcept;
  /// The whole object behind a file, for passthrough; nullptr for an empty file. Throws EISDIR, EINVAL.
  std::shared_ptr<const util::Fd> open(Ino ino) const;
  /// SEEK_DATA and SEEK_HOLE, as lseek(2). Throws ENXIO at and after the end, EISDIR, EINVAL.
  std::uint64_t lseek(Ino ino, std::uint64_t offset, int whence) const;
  std::optional<std::string_view> getxattr(Ino ino, std::string_view name) const;
  /// Names, each with its NUL, as listxattr(2) gives them.
  std::string listxattr(Ino ino) const;
  StatFs statfs() const noexcept;
  /// Has any node an xattr?
  bool has_xattrs() const noexcept { return tree_.has_xattrs(); }

private:
  enum class Wait { no, yes };
  struct Content;
  Content content(Ino ino) const;
  std::optional<std::size_t> read(Ino ino, std::span<std::byte> into, std::uint64_t offset, Wait wait) const;
  std::shared_ptr<const util::Fd> object(Ino ino) const;
  [[noreturn]] void damaged(Ino ino, std::string_view why) const;

  tree::Tree tree_;
  mutable ObjectFiles objects_;
  mutable util::Guarded<TreeRun> run_;
  mutable util::Guarded<std::unordered_set<Ino>> reported_;  ///< damaged files that the log names already
};

template <typename Emit>
void Overlay::readdir(Ino directory, std::uint64_t offset, Emit&& emit) const {
  const std::uint64_t count = tree_.entry_count(directory);
  if (offset == 0 && !emit(std::string_view("."), getattr(directory), ++offset)) return;
  if (offset == 1 && !emit(std::string_view(".."), getattr(tree_.parent(directory)), ++offset)) return;
  for (; offset - 2 < count; ++offset) {
    const auto entry = tree_.entry(directory, offset - 2);
    if (!emit(entry.name, getattr(entry.ino), offset + 1)) return;
  }
}

}  // namespace lamina::overlay
