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
  // over a directory keeps its children and takes the new metadata. Missing parents become implied directories;
  // a parent that is not a directory is replaced by one.
  void put_directory(const util::RelPath& path, const util::Metadata& metadata);
  void put_file(const util::RelPath& path, const util::Metadata& metadata, const FileContent& content);
  void put_symlink(const util::RelPath& path, const util::Metadata& metadata, std::string_view target);
  /// Character and block devices, fifos and sockets, by the type bits of metadata.mode.
  void put_special(const util::RelPath& path, const util::Metadata& metadata);
  /// Another name for `target` if this layer has it (never a directory), else a Mark::link for the merge to resolve.
  void put_hardlink(const util::RelPath& path, const util::RelPath& target);
  /// Hides `path` of the layers below; what this layer itself has there stays (a directory becomes opaque), in
  /// either order.
  void put_whiteout(const util::RelPath& path);
  /// Hides what the layers below have in the directory `path`, in either order.
  void put_opaque(const util::RelPath& path);

  // --- a merge: `layer` goes on top of what the builder holds. The rule is Fate's (fate.hpp).
  /// Throws Error when a hard link of the layer leads nowhere or to a directory.
  void apply(const Tree& layer);

  /// The finished tree: inodes numbered from the root in breadth-first order, so that the children of one directory lie together.
  std::string build() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::tree
