// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <lamina/digest/digest.hpp>
#include <lamina/tree/tree.hpp>

namespace lamina::store {

/// The bytes of a fresh merge of the trees that `open_tree` gives for each DiffID, bottom first.
std::string merge_trees(const std::vector<digest::Digest>& diff_ids,
                        const std::function<tree::Tree(const digest::Digest&)>& open_tree);

}  // namespace lamina::store
