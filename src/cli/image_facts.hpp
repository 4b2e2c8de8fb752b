// SPDX-License-Identifier: Apache-2.0
// What several commands show of an image.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <lamina/store/store.hpp>

namespace lamina::cli {

/// Bytes of file content in all layers, as docker counts an image's SIZE.
std::uint64_t image_size(const store::Store& store, const store::Image& image);

/// IMAGE[:/PATH] → the two; the path is "/" when it is left out.
std::pair<std::string, std::string> split_image_path(std::string_view text);

}  // namespace lamina::cli
