// SPDX-License-Identifier: Apache-2.0
// Graph: the nodes of a tree while it is being built. Names lead to nodes; a node lives as long as a name leads to
// it. No operation recurses, so that the depth of a tree is limited by memory alone. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <lamina/tree/builder.hpp>

namespace lamina::tree {

using NodeId = std::uint32_t;
inline constexpr NodeId kRoot = 0;

util::Metadata metadata_of(const Tree& tree, Ino ino);

/// Throws Error (EIO) as soon as the names are not in ascending order: a name that a damaged tree has twice would
/// replace a node whose own entries are still to be visited.
void for_each_entry(const Tree& tree, Ino directory, const std::function<void(const DirEntry&)>& visit);

using Children = std::map<std::string, NodeId, std::less<>>;
using Target = std::string;  ///< of a symbolic link, or of a Mark::link

struct Node {
  std::uint32_t mode = 0;  ///< as Inode::mode
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t marks = 0;
  util::Timestamp mtime;
  std::uint32_t names = 0;   ///< how many lead here
  std::uint32_t xattrs = 0;  ///< index for Graph::xattr_set()
  std::variant<std::monostate, Children, FileContent, Target, util::Device> payload;

  bool has(Mark mark) const noexcept { return (marks & static_cast<std::uint32_t>(mark)) != 0; }
  void add(Mark mark) noexcept { marks |= static_cast<std::uint32_t>(mark); }
  void remove(Mark mark) noexcept { marks &= ~static_cast<std::uint32_t>(mark); }
  bool is_directory() const noexcept { return std::holds_alternative<Children>(payload); }
  bool is_symlink() const noexcept;
};

/// One component of a path after its symbolic links were followed.
struct Step {
  std::string_view name;       ///< lives as long as the path and the graph's symbolic links
  std::optional<NodeId> node;  ///< nullopt: the graph has nothing there
};
using Steps = std::vector<Step>;

/// The node the steps end at.
inline std::optional<NodeId> end_of(const Steps& steps) { return steps.empty() ? kRoot : steps.back().node; }
/// The names of the steps.
std::vector<std::string> path_of(const Steps& steps);

class Graph {
public:
  Graph();

  /// References stay valid while nodes are added.
  Node& at(NodeId id) { return nodes_[id]; }
  const Node& at(NodeId id) const { return nodes_[id]; }
  Children& children(NodeId directory) { return std::get<Children>(nodes_[directory].payload); }
  const Children& children(NodeId directory) const { return std::get<Children>(nodes_[directory].payload); }
  std::size_t size() const noexcept { return nodes_.size(); }
  const util::Xattrs& xattr_set(std::uint32_t index) const { return *xattr_sets_[index]; }

  NodeId add(Node node);
  /// Owner, permission bits, mtime and xattrs; the type bits are the node's own. Throws Error (EINVAL) on nonsense.
  void set_metadata(NodeId id, const util::Metadata& metadata);

  std::optional<NodeId> find(NodeId directory, std::string_view name) const;
  /// Gives `node` a name, taking it from the node that had it. Throws Error (EINVAL) when it is no valid name.
  NodeId set(NodeId directory, std::string_view name, NodeId node);
  void remove(NodeId directory, std::string_view name);
  /// Removes all names in a directory.
  void clear(NodeId directory);
  /// A whiteout for `name`: what the graph has there stays; a directory becomes opaque.
  void hide(NodeId directory, std::string_view name);
  /// A hold counts as a name: it keeps a node that may lose its last one.
  void hold(NodeId node) { ++nodes_[node].names; }
  void release(NodeId node);

  /// The directory `name`, made when there is none: implied, or, in the place of something else, opaque, since it
  /// hides what the layers below have there just as that did.
  NodeId make_directory(NodeId parent, std::string_view name);
  NodeId make_directories(std::span<const std::string> path);

  /// Where `path` leads from the root, with symbolic links followed; what the graph does not have is taken as it
  /// stands, and ".." never leads above the root. Throws Error (ELOOP).
  Steps resolve(std::span<const std::string> path, FollowLast follow) const;

  /// A copy of a node that is no directory, without a name as yet.
  NodeId copy(const Tree& tree, Ino ino);

private:
  std::uint32_t intern(const util::Xattrs& xattrs);

  std::deque<Node> nodes_;
  std::map<util::Xattrs, std::uint32_t> xattr_ids_;
  std::vector<const util::Xattrs*> xattr_sets_;
};

}  // namespace lamina::tree
