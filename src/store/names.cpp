// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/names.hpp>

#include <fmt/format.h>

namespace lamina::store::names {

std::string blob(const digest::Digest& digest) { return fmt::format("{}/{}", kBlobs, digest.hex()); }

std::string object_dir(const digest::Digest& digest) {
  return fmt::format("{}/{:02x}", kObjects, std::to_integer<unsigned>(digest.bytes().front()));
}

std::string object(const digest::Digest& digest) { return fmt::format("{}/{}", object_dir(digest), digest.hex()); }

std::string layer(const digest::Digest& diff_id) { return fmt::format("{}/{}", kLayers, diff_id.hex()); }

std::string layer_tree(const digest::Digest& diff_id) { return fmt::format("{}/{}", layer(diff_id), kTree); }

std::string layer_skeleton(const digest::Digest& diff_id) { return fmt::format("{}/{}", layer(diff_id), kSkeleton); }

std::string merged_tree(const digest::Digest& chain_id) { return fmt::format("{}/{}", kTrees, chain_id.hex()); }

std::string image_id(const digest::Digest& id) { return fmt::format("{}/{}", kImageIds, id.hex()); }

}  // namespace lamina::store::names
