// SPDX-License-Identifier: Apache-2.0
#include <lamina/tree/builder.hpp>

#include <cerrno>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "builder_state.hpp"

namespace lamina::tree {

using util::Error;

namespace {

constexpr std::size_t kMaxSymlinkTarget = 4095;  // PATH_MAX without its NUL: longer ones cannot be read back

std::span<const std::string> parents(const util::RelPath& path) {
  const auto& all = path.components();
  return std::span(all).first(all.size() - 1);
}

const std::string& last(const util::RelPath& path) { return path.components().back(); }

void refuse_root(const util::RelPath& path) {
  if (path.is_root()) throw Error("the root of a layer can only be a directory", EINVAL);
}

void require_layer(TreeKind kind, std::string_view what) {
  if (kind != TreeKind::layer) throw Error(fmt::format("{} has no place in a merged tree", what), EINVAL);
}

/// Puts a new node at `path`, in place of whatever this tree has there.
void put(Graph& graph, const util::RelPath& path, const util::Metadata& metadata, Node node) {
  refuse_root(path);
  const NodeId directory = graph.make_directories(parents(path));
  const NodeId id = graph.add(std::move(node));
  graph.set_metadata(id, metadata);
  graph.set(directory, last(path), id);
}

Node node_of(std::uint32_t type, decltype(Node::payload) payload) {
  Node node;
  node.mode = type;
  node.payload = std::move(payload);
  return node;
}

}  // namespace

TreeBuilder::TreeBuilder(TreeKind kind) : state_(std::make_unique<State>()) { state_->kind = kind; }
TreeBuilder::~TreeBuilder() = default;
TreeBuilder::TreeBuilder(TreeBuilder&&) noexcept = default;
TreeBuilder& TreeBuilder::operator=(TreeBuilder&&) noexcept = default;

void TreeBuilder::put_directory(const util::RelPath& path, const util::Metadata& metadata) {
  Graph& graph = state_->graph;
  const NodeId node = path.is_root() ? kRoot : graph.make_directory(graph.make_directories(parents(path)), last(path));
  graph.set_metadata(node, metadata);
  graph.at(node).remove(Mark::implied);
}

void TreeBuilder::put_file(const util::RelPath& path, const util::Metadata& metadata, const FileContent& content) {
  put(state_->graph, path, metadata, node_of(S_IFREG, content));
}

void TreeBuilder::put_symlink(const util::RelPath& path, const util::Metadata& metadata, std::string_view target) {
  if (target.empty() || target.size() > kMaxSymlinkTarget || target.find('\0') != std::string_view::npos) {
    throw Error(fmt::format("symbolic link '{}' has a target that is empty, holds a NUL, or is longer than {} bytes",
                            util::printable(path.str()), kMaxSymlinkTarget),
                EINVAL);
  }
  auto as_linux_has_it = metadata;
  as_linux_has_it.mode = S_IFLNK | 0777U;  // symlink(7): whatever the archive says
  put(state_->graph, path, as_linux_has_it, node_of(S_IFLNK, Target(target)));
}

void TreeBuilder::put_special(const util::RelPath& path, const util::Metadata& metadata) {
  const std::uint32_t type = metadata.mode & S_IFMT;
  if (type == S_IFCHR || type == S_IFBLK) {
    put(state_->graph, path, metadata, node_of(type, metadata.rdev));
  } else if (type == S_IFIFO || type == S_IFSOCK) {
    put(state_->graph, path, metadata, node_of(type, {}));
  } else {
    throw Error(fmt::format("'{}' is no device, fifo or socket: mode {:o}", util::printable(path.str()), metadata.mode),
                EINVAL);
  }
}

void TreeBuilder::put_hardlink(const util::RelPath& path, const util::RelPath& target) {
  refuse_root(path);
  Graph& graph = state_->graph;
  const NodeId directory = graph.make_directories(parents(path));
  const Steps steps = graph.resolve(target.components(), FollowLast::no);
  std::optional<NodeId> node = end_of(steps);
  if (node && graph.at(*node).is_directory()) {
    throw Error(fmt::format("'{}' is a hard link to the directory '{}'", util::printable(path.str()),
                            util::printable(target.str())),
                EPERM);
  }
  if (!node || graph.at(*node).has(Mark::whiteout)) {
    require_layer(state_->kind, "a hard link to a path of another layer");
    Node link = node_of(0, Target(fmt::format("{}", fmt::join(path_of(steps), "/"))));
    link.add(Mark::link);
    node = graph.add(std::move(link));
  }
  graph.set(directory, last(path), *node);
}

void TreeBuilder::put_whiteout(const util::RelPath& path) {
  refuse_root(path);
  require_layer(state_->kind, "a whiteout");
  Graph& graph = state_->graph;
  graph.hide(graph.make_directories(parents(path)), last(path));
}

void TreeBuilder::put_opaque(const util::RelPath& path) {
  require_layer(state_->kind, "an opaque directory");
  Graph& graph = state_->graph;
  graph.at(graph.make_directories(path.components())).add(Mark::opaque);
}

void TreeBuilder::discard(std::string_view name) { state_->graph.remove(kRoot, name); }

void TreeBuilder::apply(const Tree& layer) {
  if (state_->kind != TreeKind::merged) throw Error("layers can only be merged into a merged tree", EINVAL);
  apply_layer(state_->graph, layer);
}

std::size_t TreeBuilder::node_count() const noexcept { return state_->graph.size(); }

std::string TreeBuilder::build() const { return serialise(state_->graph, state_->kind); }

}  // namespace lamina::tree
