// SPDX-License-Identifier: Apache-2.0
#include "graph.hpp"

#include <cerrno>
#include <limits>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "format.hpp"
#include "pending_path.hpp"

namespace lamina::tree {

using util::Error;

namespace {

constexpr std::uint32_t kPermissions = 07777;
constexpr std::size_t kMaxXattrName = 255;  // XATTR_NAME_MAX

Node new_directory() {
  Node node;
  node.mode = S_IFDIR | 0755;
  node.payload = Children{};
  return node;
}

void check(const util::Xattrs& xattrs) {
  for (const auto& [name, value] : xattrs) {
    if (name.empty() || name.size() > kMaxXattrName || name.find('\0') != std::string::npos) {
      throw Error(fmt::format("'{}' cannot be the name of an extended attribute", util::printable(name)), EINVAL);
    }
  }
}

}  // namespace

util::Metadata metadata_of(const Tree& tree, Ino ino) {
  const Inode inode = tree.inode(ino);
  return {inode.mode, inode.uid, inode.gid, inode.mtime, inode.rdev, tree.xattrs(ino)};
}

void for_each_entry(const Tree& tree, Ino directory, const std::function<void(const DirEntry&)>& visit) {
  std::string_view previous;
  const std::uint64_t count = tree.entry_count(directory);
  for (std::uint64_t i = 0; i < count; ++i) {
    const DirEntry entry = tree.entry(directory, i);
    if (entry.name <= previous) {
      throw Error(
          fmt::format("a tree is damaged: the names of '{}' are out of order", util::printable(tree.path(directory))));
    }
    previous = entry.name;
    visit(entry);
  }
}

std::vector<std::string> path_of(const Steps& steps) {
  std::vector<std::string> path;
  for (const Step& step : steps) path.emplace_back(step.name);
  return path;
}

bool Node::is_symlink() const noexcept { return S_ISLNK(mode); }

Graph::Graph() {
  (void)intern({});
  Node root = new_directory();
  root.names = 1;
  root.add(Mark::implied);
  (void)add(std::move(root));
}

std::uint32_t Graph::intern(const util::Xattrs& xattrs) {
  if (xattrs.empty() && !xattr_sets_.empty()) return 0;
  check(xattrs);
  const auto [place, is_new] = xattr_ids_.try_emplace(xattrs, static_cast<std::uint32_t>(xattr_sets_.size()));
  if (is_new) xattr_sets_.push_back(&place->first);
  return place->second;
}

NodeId Graph::add(Node node) {
  if (nodes_.size() == std::numeric_limits<NodeId>::max()) throw Error("a tree holds at most 2^32 - 1 nodes", EFBIG);
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size() - 1);
}

void Graph::set_metadata(NodeId id, const util::Metadata& metadata) {
  if (metadata.mtime.nanoseconds >= kNanosecondsPerSecond) {
    throw Error(fmt::format("a time with {} nanoseconds", metadata.mtime.nanoseconds), EINVAL);
  }
  Node& node = nodes_[id];
  node.mode = (node.mode & S_IFMT) | (metadata.mode & kPermissions);
  node.uid = metadata.uid;
  node.gid = metadata.gid;
  node.mtime = metadata.mtime;
  node.xattrs = intern(metadata.xattrs);
}

std::optional<NodeId> Graph::find(NodeId directory, std::string_view name) const {
  const Children& all = children(directory);
  const auto place = all.find(name);
  if (place == all.end()) return std::nullopt;
  return place->second;
}

NodeId Graph::set(NodeId directory, std::string_view name, NodeId node) {
  hold(node);  // before the old node goes: the new one may live in it
  Children& all = children(directory);
  const auto place = all.lower_bound(name);
  if (place != all.end() && place->first == name) {
    release(std::exchange(place->second, node));
    return node;
  }
  if (!util::is_valid_name(name)) {
    throw Error(fmt::format("'{}' is not a valid file name", util::printable(name)), EINVAL);
  }
  all.emplace_hint(place, name, node);
  return node;
}

void Graph::remove(NodeId directory, std::string_view name) {
  Children& all = children(directory);
  const auto place = all.find(name);
  if (place == all.end()) return;
  const NodeId node = place->second;
  all.erase(place);
  release(node);
}

void Graph::clear(NodeId directory) {
  for (const auto& [name, node] : std::exchange(children(directory), {})) release(node);
}

void Graph::hide(NodeId directory, std::string_view name) {
  const auto node = find(directory, name);
  if (!node) {
    Node whiteout;
    whiteout.add(Mark::whiteout);
    set(directory, name, add(std::move(whiteout)));
  } else if (nodes_[*node].is_directory()) {
    // With the directory below gone, there is none whose metadata an implied one could take.
    nodes_[*node].remove(Mark::implied);
    nodes_[*node].add(Mark::opaque);
  }
}

void Graph::release(NodeId released) {
  std::vector<NodeId> pending{released};
  while (!pending.empty()) {
    Node& node = nodes_[pending.back()];
    pending.pop_back();
    if (--node.names != 0) continue;
    if (node.is_directory()) {
      for (const auto& [name, child] : std::get<Children>(node.payload)) pending.push_back(child);
    }
    node.payload = std::monostate{};
  }
}

NodeId Graph::make_directory(NodeId parent, std::string_view name) {
  const auto old = find(parent, name);
  if (old && nodes_[*old].is_directory()) return *old;
  Node node = new_directory();
  node.add(old ? Mark::opaque : Mark::implied);
  return set(parent, name, add(std::move(node)));
}

NodeId Graph::make_directories(std::span<const std::string> path) {
  NodeId directory = kRoot;
  for (const Step& step : resolve(path, FollowLast::yes)) directory = make_directory(directory, step.name);
  return directory;
}

Steps Graph::resolve(std::span<const std::string> path, FollowLast follow) const {
  PendingPath pending(path);
  Steps steps;
  while (const auto name = pending.next()) {
    if (*name == "..") {
      if (!steps.empty()) steps.pop_back();
      continue;
    }
    const std::optional<NodeId> above = end_of(steps);
    const auto node = above && nodes_[*above].is_directory() ? find(*above, *name) : std::nullopt;
    if (node && nodes_[*node].is_symlink() && (follow == FollowLast::yes || !pending.at_end())) {
      if (pending.follow(std::get<Target>(nodes_[*node].payload))) steps.clear();
    } else {
      steps.push_back({*name, node});
    }
  }
  return steps;
}

NodeId Graph::copy(const Tree& tree, Ino ino) {
  const Inode inode = tree.inode(ino);
  Node node;
  node.mode = inode.mode;
  node.marks = inode.marks;
  if (S_ISREG(inode.mode)) {
    node.payload = FileContent{inode.size, tree.object(ino).value_or(digest::Digest())};
  } else if (S_ISLNK(inode.mode) || inode.has(Mark::link)) {
    node.payload = Target(tree.symlink_target(ino));
  } else if (S_ISCHR(inode.mode) || S_ISBLK(inode.mode)) {
    node.payload = inode.rdev;
  } else if (!S_ISFIFO(inode.mode) && !S_ISSOCK(inode.mode) && !inode.has(Mark::whiteout)) {
    throw Error(fmt::format("inode {} of a tree is of no known type: mode {:o}", ino, inode.mode), EIO);
  }
  const NodeId id = add(std::move(node));
  set_metadata(id, metadata_of(tree, ino));
  return id;
}

}  // namespace lamina::tree
