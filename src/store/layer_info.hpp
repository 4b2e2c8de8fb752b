// SPDX-License-Identifier: Apache-2.0
// LayerInfo as JSON.
#pragma once

#include <string>

#include <lamina/store/image_record.hpp>

namespace lamina::store {

std::string write_layer_info(const LayerInfo& info);

}  // namespace lamina::store
