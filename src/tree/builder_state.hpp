// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lamina/tree/builder.hpp>

#include "graph.hpp"

namespace lamina::tree {

struct TreeBuilder::State {
  TreeKind kind;
  Graph graph;
};

/// The bytes of the tree that `graph` holds.
std::string serialise(const Graph& graph, TreeKind kind);

/// Puts `layer` on top of the merged tree in `below`.
void apply_layer(Graph& below, const Tree& layer);

}  // namespace lamina::tree
