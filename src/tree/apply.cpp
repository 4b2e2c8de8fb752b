// SPDX-License-Identifier: Apache-2.0
// A layer on top of a merged tree. Three things happen in this order, since the place of an entry in the archive is
// not known any more, and each must see the tree as the layers below left it:
//   1. a directory the layer only implies, where the tree below has a symbolic link to a directory or to nothing, is
//      moved to where the link leads (redirect.cpp), as unpacking the archive would have done;
//   2. hard links to paths that the layer does not hold are resolved, before the layer replaces or hides their target;
//   3. every name of the layer is decided by the merge rule (fate.hpp) against the name below.
#include <array>
#include <cerrno>
#include <unordered_map>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/tree/fate.hpp>
#include <lamina/util/error.hpp>

#include "builder_state.hpp"
#include "redirect.hpp"

namespace lamina::tree {

namespace {

using util::Error;

Offer offer_of(const Inode& inode) {
  if (inode.has(Mark::whiteout)) return Offer::whiteout;
  if (!S_ISDIR(inode.mode)) return Offer::other;
  return inode.has(Mark::opaque) ? Offer::opaque_directory : Offer::directory;
}

class Application {
public:
  Application(Graph& graph, const Tree& layer) : graph_(graph), layer_(layer) {}

  void run() {
    resolve_links();
    const Inode root = layer_.inode(kRootIno);
    if (root.has(Mark::opaque)) graph_.clear(kRoot);
    merge_directory(kRootIno, root, kRoot);
    while (!pending_.empty()) {
      const auto [directory, target] = pending_.back();
      pending_.pop_back();
      for_each_entry(layer_, directory, [&, to = target](const DirEntry& entry) { place(entry, to); });
    }
    for (const NodeId node : held_) graph_.release(node);
  }

private:
  void resolve_links();
  NodeId get_link_target(Ino link) const;
  void place(const DirEntry& entry, NodeId directory);
  void merge_directory(Ino ino, const Inode& inode, NodeId target);
  NodeId node_for(Ino ino, const Inode& inode);

  Graph& graph_;
  const Tree& layer_;
  std::unordered_map<Ino, NodeId> shared_;  ///< inodes of the layer that have several names, and its links
  std::vector<NodeId> held_;
  std::vector<std::pair<Ino, NodeId>> pending_;  ///< directories whose entries are still to be placed
};

void Application::resolve_links() {
  for (Ino ino = kRootIno; ino <= layer_.inode_count(); ++ino) {
    if (!layer_.inode(ino).has(Mark::link)) continue;
    const NodeId node = get_link_target(ino);
    graph_.hold(node);
    held_.push_back(node);
    shared_.emplace(ino, node);
  }
}

NodeId Application::get_link_target(Ino link) const {
  const std::string_view target = layer_.symlink_target(link);
  const auto refuse = [&](std::string_view why, int code) {
    return Error(fmt::format("'{}' is a hard link to '{}', {}", util::printable(layer_.path(link)),
                             util::printable(target), why),
                 code);
  };
  const auto node = end_of(graph_.resolve(util::RelPath::parse(target).components(), FollowLast::no));
  if (!node) throw refuse("which stands neither before it in its layer nor in a layer below", ENOENT);
  if (graph_.at(*node).is_directory()) throw refuse("which is a directory", EPERM);
  return *node;
}

void Application::place(const DirEntry& entry, NodeId directory) {
  const Inode inode = layer_.inode(entry.ino);
  const auto below = graph_.find(directory, entry.name);
  const bool over_directory = below && graph_.at(*below).is_directory();
  const std::array offers{offer_of(inode), !below ? Offer::nothing : over_directory ? Offer::directory : Offer::other};
  const Fate fate = decide(offers);
  if (!fate.winner) {
    graph_.remove(directory, entry.name);
  } else if (!S_ISDIR(inode.mode)) {
    graph_.set(directory, entry.name, node_for(entry.ino, inode));
  } else if (over_directory) {
    if (fate.contributors_end == 1) graph_.clear(*below);
    merge_directory(entry.ino, inode, *below);
  } else {
    merge_directory(entry.ino, inode, graph_.make_directory(directory, entry.name));
  }
}

void Application::merge_directory(Ino ino, const Inode& inode, NodeId target) {
  if (!inode.has(Mark::implied)) graph_.set_metadata(target, metadata_of(layer_, ino));
  pending_.emplace_back(ino, target);
}

NodeId Application::node_for(Ino ino, const Inode& inode) {
  if (const auto known = shared_.find(ino); known != shared_.end()) return known->second;
  const NodeId id = graph_.copy(layer_, ino);
  if (inode.nlink > 1) shared_.emplace(ino, id);
  return id;
}

}  // namespace

void apply_layer(Graph& below, const Tree& layer) {
  const std::optional<Tree> redirected = redirect(layer, below);
  Application(below, redirected ? *redirected : layer).run();
}

}  // namespace lamina::tree
