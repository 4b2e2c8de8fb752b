// SPDX-License-Identifier: Apache-2.0
#include <lamina/tree/merge.hpp>

#include <lamina/tree/builder.hpp>

namespace lamina::tree {

std::string merge(std::span<const Tree* const> layers) {
  TreeBuilder builder(TreeKind::merged);
  for (const Tree* layer : layers) builder.apply(*layer);
  return builder.build();
}

}  // namespace lamina::tree
