// SPDX-License-Identifier: Apache-2.0
#include "layer_info.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <lamina/store/names.hpp>
#include <lamina/store/store.hpp>
#include <lamina/util/error.hpp>

namespace lamina::store {

std::string write_layer_info(const LayerInfo& info) {
  return nlohmann::json{{"diff_id", info.diff_id.str()},       {"tar_bytes", info.tar_bytes},
                        {"content_bytes", info.content_bytes}, {"media_type", info.media_type},
                        {"blob_digest", info.blob_digest},     {"blob_bytes", info.blob_bytes}}
      .dump();
}

LayerInfo Store::layer_info(const digest::Digest& diff_id) const {
  const std::string path = fmt::format("{}/{}", names::layer(diff_id), names::kInfo);
  const auto text = root_.find_text(path);
  if (!text) throw util::Error(fmt::format("the store misses {}", root_.full(path)));
  try {
    const auto json = nlohmann::json::parse(*text);
    return {.diff_id = digest::Digest::parse(json.at("diff_id").get<std::string>()),
            .tar_bytes = json.at("tar_bytes").get<std::uint64_t>(),
            .content_bytes = json.at("content_bytes").get<std::uint64_t>(),
            .media_type = json.at("media_type").get<std::string>(),
            .blob_digest = json.at("blob_digest").get<std::string>(),
            .blob_bytes = json.at("blob_bytes").get<std::uint64_t>()};
  } catch (const nlohmann::json::exception&) {
    throw util::Error(fmt::format("{} is damaged: it is not the JSON that lamina writes", root_.full(path)));
  }
}

}  // namespace lamina::store
