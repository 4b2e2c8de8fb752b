// SPDX-License-Identifier: Apache-2.0
// What rmi and prune share.
#pragma once

#include <vector>

#include <lamina/mount/record.hpp>
#include <lamina/store/gc.hpp>

namespace lamina::cli {

/// plan_gc(), which spares what `mounts` show.
store::GcPlan plan_removal(const store::Store& store, std::vector<store::Image> images,
                           const std::vector<mount::MountRecord>& mounts);

}  // namespace lamina::cli
