// SPDX-License-Identifier: Apache-2.0
#include "removal.hpp"

namespace lamina::cli {

store::GcPlan plan_removal(const store::Store& store, std::vector<store::Image> images,
                           const std::vector<mount::MountRecord>& mounts) {
  std::vector<digest::Digest> trees;
  for (const auto& mount : mounts) trees.push_back(digest::Digest::parse(mount.chain_id));
  return store::plan_gc(store, std::move(images), trees);
}

}  // namespace lamina::cli
