// SPDX-License-Identifier: Apache-2.0
// Brings one layer from its blob into an import's staging.
#pragma once

#include <cstdint>
#include <functional>

#include <lamina/ingest/source_image.hpp>
#include <lamina/store/import_staging.hpp>

#include "budget.hpp"

namespace lamina::ingest {

/// Calls `advance` with the bytes it has read of the blob, from a thread of its own; it may throw to cancel.
void import_layer(const LayerBlob& layer, const digest::Digest& diff_id, store::ImportStaging& staging, Budget& budget,
                  const std::function<void(std::uint64_t)>& advance);

}  // namespace lamina::ingest
