// SPDX-License-Identifier: Apache-2.0
#include "image_facts.hpp"

namespace lamina::cli {

std::uint64_t image_size(const store::Store& store, const store::Image& image) {
  std::uint64_t size = 0;
  for (const auto& diff_id : image.config.diff_ids) size += store.layer_info(diff_id).content_bytes;
  return size;
}

std::pair<std::string, std::string> split_image_path(std::string_view text) {
  const std::size_t colon = text.find(":/");
  if (colon == std::string_view::npos) return {std::string(text), "/"};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace lamina::cli
