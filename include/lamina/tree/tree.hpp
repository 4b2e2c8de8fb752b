// SPDX-License-Identifier: Apache-2.0
// Tree: an immutable, memory-mapped file-system index: of one layer (with its whiteouts) or of a whole merged
// image. Opening reads the header only; every offset is checked where it is used, so that a damaged or hostile
// file gives Error (EIO) and never a crash. All methods are const and thread-safe without locks.
// The form on disk is drawn in src/tree/format.hpp and man/lamina-store.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <lamina/digest/digest.hpp>
#include <lamina/util/fd.hpp>
#include <lamina/util/metadata.hpp>

namespace lamina::tree {

/// A position in the tree's inode table; also FUSE node id and st_ino. Never 0; the root is 1.
using Ino = std::uint64_t;
inline constexpr Ino kRootIno = 1;

enum class TreeKind : std::uint32_t { layer = 1, merged = 2 };

/// What a layer says of a node beyond its metadata; a merged tree has none of it.
enum class Mark : std::uint32_t {
  none = 0,
  opaque = 1,    ///< a directory that hides what the layers below have in it
  implied = 2,   ///< a directory the archive only mentioned as a parent: it takes the metadata of the layer below
  whiteout = 4,  ///< no node at all: the name of the layers below is gone
  link = 8,      ///< a hard link to a path this layer does not hold: symlink_target() is the path, below the root
};

struct Inode {
  std::uint32_t mode = 0;  ///< as st_mode; 0 for a whiteout or a link
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t nlink = 0;  ///< names in this tree; directories: 2 and one for each subdirectory
  std::uint64_t size = 0;   ///< bytes; length of the target for a symlink; 0 for others
  util::Timestamp mtime;
  util::Device rdev;
  std::uint32_t marks = 0;  ///< Mark bits
  bool has_xattrs = false;

  bool has(Mark mark) const noexcept { return (marks & static_cast<std::uint32_t>(mark)) != 0; }
};

struct DirEntry {
  std::string_view name;  ///< points into the tree
  Ino ino = 0;
  std::uint32_t mode = 0;  ///< as Inode::mode (its type bits are what readdir needs)
};

class Tree {
public:
  /// Maps the file. Throws Error naming `what` when header, version or file size are not a tree's.
  static Tree open(const util::Fd& file, const std::string& what);
  /// A tree held in memory (from TreeBuilder::build()); for tests and for merging without a file.
  static Tree from_bytes(std::string bytes, const std::string& what);
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;
  ~Tree();

  TreeKind kind() const noexcept;
  std::uint64_t inode_count() const noexcept;    ///< valid inos are 1 to this
  std::uint64_t content_bytes() const noexcept;  ///< sum of the sizes of all regular files, each inode once
  bool has_xattrs() const noexcept;              ///< does any node have an xattr?

  Inode inode(Ino ino) const;
  /// The entry `name` of a directory; nullopt when absent. Throws Error (ENOTDIR) for another type.
  std::optional<DirEntry> find(Ino directory, std::string_view name) const;
  /// Number of entries ("." and ".." not among them).
  std::uint64_t entry_count(Ino directory) const;
  /// Entry `index` (0 to entry_count() - 1), in byte order of the names: a stable readdir offset.
  DirEntry entry(Ino directory, std::uint64_t index) const;
  /// The directory that holds the node's first name; the root's is the root.
  Ino parent(Ino ino) const;
  /// The node's first name in its parent; "" for the root.
  std::string_view name(Ino ino) const;
  /// "usr/bin/env": first names from the root; "" for the root.
  std::string path(Ino ino) const;

  /// SHA-256 of a regular file's content; nullopt for an empty file (it needs no object).
  std::optional<digest::Digest> object(Ino file) const;
  /// A symlink's target, or the path a Mark::link points to.
  std::string_view symlink_target(Ino ino) const;
  /// One xattr's value; nullopt when the node has none of that name. Points into the tree.
  std::optional<std::string_view> find_xattr(Ino ino, std::string_view name) const;
  util::Xattrs xattrs(Ino ino) const;

  /// Every object the tree refers to: `digest_count()` of them, each once, in no order.
  std::uint64_t digest_count() const noexcept;
  const digest::Digest& digest_at(std::uint64_t index) const;
  /// Content size in bytes of digest_at(index).
  std::uint64_t digest_size(std::uint64_t index) const;

  /// The whole file's bytes.
  util::Bytes bytes() const noexcept;
  /// Reads everything: checksum, every offset, sort order, parents, link counts. Throws Error on the first fault.
  void validate() const;

private:
  struct State;
  explicit Tree(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

/// Follows `path` ("a/b", "/a/b") from the root; symbolic links are resolved within the tree, the last component
/// only when `follow_last`. nullopt when it leads nowhere; Error (ELOOP) after 40 links.
enum class FollowLast { no, yes };
std::optional<Ino> find_path(const Tree& tree, std::string_view path, FollowLast follow);

}  // namespace lamina::tree
