// SPDX-License-Identifier: Apache-2.0
#include "redirect.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <unordered_map>

#include <sys/stat.h>

#include <lamina/util/error.hpp>

#include "builder_state.hpp"

namespace lamina::tree {

namespace {

using Path = std::vector<std::string>;
using Moves = std::unordered_map<Ino, Path>;  ///< implied directories of the layer, and where they belong

/// Where the content of a directory of the layer belongs.
Path destination(const Tree& layer, const Moves& moves, Ino directory) {
  Path names;  // last one first
  auto move = moves.end();
  for (; directory != kRootIno && move == moves.end(); directory = layer.parent(directory)) {
    move = moves.find(directory);
    if (move == moves.end()) names.emplace_back(layer.name(directory));
  }
  Path path = move == moves.end() ? Path{} : move->second;
  path.insert(path.end(), std::make_move_iterator(names.rbegin()), std::make_move_iterator(names.rend()));
  return path;
}

/// nullopt unless symbolic links lead from `path` to a directory, or to where there can be one.
std::optional<Steps> find_directory(const Graph& below, const Path& path) {
  try {
    Steps steps = below.resolve(path, FollowLast::yes);
    const auto can_be_directory = [&](const Step& step) { return !step.node || below.at(*step.node).is_directory(); };
    if (std::ranges::all_of(steps, can_be_directory)) return steps;
  } catch (const util::Error& error) {
    if (error.code() != ELOOP) throw;
  }
  return std::nullopt;
}

bool has_implied_directories(const Tree& layer) {
  for (Ino ino = kRootIno + 1; ino <= layer.inode_count(); ++ino) {
    if (layer.inode(ino).has(Mark::implied)) return true;
  }
  return false;
}

/// Goes through the directories that both the layer and the tree below have.
Moves find_moves(const Tree& layer, const Graph& below) {
  Moves moves;
  std::vector<std::pair<Ino, NodeId>> pending{{kRootIno, kRoot}};
  while (!pending.empty()) {
    const auto [directory, directory_below] = pending.back();
    pending.pop_back();
    const std::uint64_t count = layer.entry_count(directory);
    for (std::uint64_t i = 0; i < count; ++i) {
      const DirEntry entry = layer.entry(directory, i);
      auto node = S_ISDIR(entry.mode) ? below.find(directory_below, entry.name) : std::nullopt;
      if (!node) continue;
      const Inode inode = layer.inode(entry.ino);
      if (inode.has(Mark::implied) && below.at(*node).is_symlink()) {
        const Path path = destination(layer, moves, entry.ino);
        const auto steps = find_directory(below, path);
        if (!steps) continue;
        node = end_of(*steps);
        moves.emplace(entry.ino, path_of(*steps));
      }
      if (node && below.at(*node).is_directory() && !inode.has(Mark::opaque)) pending.emplace_back(entry.ino, *node);
    }
  }
  return moves;
}

/// Copies a layer. Moved directories come last, each as if its entries stood at the end of the archive.
class Rewriting {
public:
  Rewriting(const Tree& layer, const Moves& moves) : layer_(layer), moves_(moves) {}

  Tree run() {
    copy_directory(kRootIno, kRoot);
    copy_pending();
    for (std::size_t i = 0; i < moved_.size(); ++i) {
      copy_directory(moved_[i], graph_.make_directories(moves_.at(moved_[i])));
      copy_pending();
    }
    for (const auto& [ino, node] : copies_) graph_.release(node);
    return Tree::from_bytes(serialise(graph_, TreeKind::layer), "a layer with directories moved along symbolic links");
  }

private:
  void copy_pending() {
    while (!pending_.empty()) {
      const auto [directory, target] = pending_.back();
      pending_.pop_back();
      for_each_entry(layer_, directory, [&, to = target](const DirEntry& entry) { copy(entry, to); });
    }
  }

  void copy(const DirEntry& entry, NodeId directory) {
    if (moves_.contains(entry.ino)) {
      moved_.push_back(entry.ino);
    } else if (S_ISDIR(entry.mode)) {
      copy_directory(entry.ino, graph_.make_directory(directory, entry.name));
    } else if (layer_.inode(entry.ino).has(Mark::whiteout)) {
      graph_.hide(directory, entry.name);
    } else {
      const auto [copy, is_new] = copies_.try_emplace(entry.ino);
      if (is_new) {
        copy->second = graph_.copy(layer_, entry.ino);
        graph_.hold(copy->second);  // its first name may be replaced before the next one comes
      }
      graph_.set(directory, entry.name, copy->second);
    }
  }

  void copy_directory(Ino ino, NodeId target) {
    const Inode inode = layer_.inode(ino);
    if (!inode.has(Mark::implied)) {
      graph_.set_metadata(target, metadata_of(layer_, ino));
      graph_.at(target).remove(Mark::implied);
    }
    if (inode.has(Mark::opaque)) graph_.at(target).add(Mark::opaque);
    pending_.emplace_back(ino, target);
  }

  const Tree& layer_;
  const Moves& moves_;
  Graph graph_;
  std::unordered_map<Ino, NodeId> copies_;
  std::vector<Ino> moved_;
  std::vector<std::pair<Ino, NodeId>> pending_;
};

}  // namespace

std::optional<Tree> redirect(const Tree& layer, const Graph& below) {
  if (!has_implied_directories(layer)) return std::nullopt;
  const Moves moves = find_moves(layer, below);
  if (moves.empty()) return std::nullopt;
  return Rewriting(layer, moves).run();
}

}  // namespace lamina::tree
