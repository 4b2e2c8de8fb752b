// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "graph.hpp"

namespace lamina::tree {

/// `layer` with the content of every implied directory that stands over a symbolic link of `below` moved to where the
/// link leads, if that is a directory or nothing; nullopt when there is none.
std::optional<Tree> redirect(const Tree& layer, const Graph& below);

}  // namespace lamina::tree
