// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <lamina/tree/tree.hpp>

namespace lamina::tree {

/// The merged tree of `layers`, bottom first, as bytes for a file. No layers: an empty root, 0755 root:root, time 0.
/// Deterministic: the same layers give the same bytes.
std::string merge(std::span<const Tree* const> layers);

}  // namespace lamina::tree
