// SPDX-License-Identifier: Apache-2.0
// TreeBuilder: a file-system tree in memory that grows entry by entry and becomes the bytes of a Tree. One builder
// serves a layer (put() in archive order) and a merge (apply() of each layer, bottom first). Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lamina/tree/tree.hpp>
#include <lamina/util/name.hpp>

namespace lamina::tree {

struct FileContent {
  std::uint64_t size = 0;  ///< bytes
  digest::Digest digest;   ///< ignored when size is 0
};

class TreeBuilder {
public:
  explicit TreeBuilder(TreeKind kind);
  ~TreeBuilder();
  TreeBuilder(TreeBuilder&&) noexcept;
  TreeBuilder& operator=(TreeBuilder&&) noexcept;

  // --- one layer, in archive order. A later put of a name replaces the earlier node, except that a directory put
  // over a directory keeps its children and takes the new metadata. Missing parents become implied directories; a
  // parent that is a symbolic link of this layer is followed; any other parent that is not a directory is replaced
  // by one. A directory that replaces something else is opaque: what it replaces had hidden the layers below. Throws
  // Error (EINVAL, ELOOP) for what no file system could hold.
  void put_directory(const util::RelPath& path, const util::Metadata& metadata);
  void put_file(const util::RelPath& path, const util::Metadata& metadata, const FileContent& content);
  /// Its mode is 0777, as of all symbolic links.
  void put_symlink(const util::RelPath& path, const util::Metadata& metadata, std::string_view target);
  /// Character and block devices, fifos and sockets, by the type bits of metadata.mode.
  void put_special(const util::RelPath& path, const util::Metadata& metadata);
  /// Another name for `target` if this layer has it, else a Mark::link for the merge to resolve, against the tree that
  /// the layers below make: a whiteout of this layer does not hide the target. Throws Error (EPERM) for a directory.
  void put_hardlink(const util::RelPath& path, const util::RelPath& target);
  /// Hides `path` of the layers below; what this layer itself has there stays (a directory becomes opaque, and is
  /// not implied any more: it is a new one), in either order.
  void put_whiteout(const util::RelPath& path);
  /// Hides what the layers below have in the directory `path`, in either order.
  void put_opaque(const util::RelPath& path);
  /// Takes back what was put at `name` in the root and below it, if anything; hard links to it stay.
  void discard(std::string_view name);

  // --- a merge: `layer` goes on top of what the builder holds. The rule is Fate's (fate.hpp).
  /// What the layer has in a directory it only implies goes to where a symbolic link of that name leads, if the tree
  /// below has one and it leads to a directory, or to nothing, which becomes one. Hard links into the tree below are
  /// made before anything is replaced.
  /// Throws Error when a hard link leads nowhere or to a directory; the builder is then of no further use.
  void apply(const Tree& layer);

  /// How many nodes it has had so far, those among them that were replaced.
  std::size_t node_count() const noexcept;

  /// The finished tree: inodes numbered from the root in breadth-first order, so that the children of one directory
  /// lie together.
  std::string build() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::tree
