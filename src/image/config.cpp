// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/config.hpp>

#include <fmt/format.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

#include "json_object.hpp"

namespace lamina::image {

namespace {

using Json = nlohmann::json;

HistoryEntry read_history(const JsonObject& object) {
  return {.created = object.text("created"),
          .created_by = object.text("created_by"),
          .author = object.text("author"),
          .comment = object.text("comment"),
          .empty_layer = object.flag("empty_layer")};
}

void put(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

template <typename List>
void put_list(Json& object, const char* key, const List& list) {
  if (!list.empty()) object[key] = list;
}

Json to_json(const HistoryEntry& entry) {
  auto result = Json::object();
  put(result, "created", entry.created);
  put(result, "created_by", entry.created_by);
  put(result, "author", entry.author);
  put(result, "comment", entry.comment);
  if (entry.empty_layer) result["empty_layer"] = true;
  return result;
}

Json container_to_json(const Config& config) {
  auto result = Json::object();
  put_list(result, "Env", config.env);
  put_list(result, "Entrypoint", config.entrypoint);
  put_list(result, "Cmd", config.cmd);
  put(result, "WorkingDir", config.working_dir);
  put(result, "User", config.user);
  put_list(result, "Labels", config.labels);
  return result;
}

}  // namespace

Config Config::parse(std::string_view json, std::string_view what) {
  const auto root = JsonObject::parse(json, what);
  const auto rootfs = root.required_object("rootfs");
  if (const auto type = rootfs.text("type"); !type.empty() && type != "layers") {
    root.fail(fmt::format("rootfs.type \"{}\" is unknown", util::printable(type)));
  }
  Config result;
  result.platform = root.platform();
  result.created = root.text("created");
  result.author = root.text("author");
  result.diff_ids = rootfs.digests("diff_ids");
  for (const auto& entry : root.objects("history")) result.history.push_back(read_history(entry));
  if (const auto container = root.object("config")) {
    result.env = container->texts("Env");
    result.entrypoint = container->texts("Entrypoint");
    result.cmd = container->texts("Cmd");
    result.working_dir = container->text("WorkingDir");
    result.user = container->text("User");
    result.labels = container->text_map("Labels");
  }
  return result;
}

std::string Config::dump() const {
  auto ids = Json::array();
  for (const auto& id : diff_ids) ids.push_back(id.str());
  Json root = {{"rootfs", {{"type", "layers"}, {"diff_ids", std::move(ids)}}}};
  put(root, "os", platform.os);
  put(root, "architecture", platform.architecture);
  put(root, "variant", platform.variant);
  put(root, "created", created);
  put(root, "author", author);
  for (const auto& entry : history) root["history"].push_back(to_json(entry));
  put_list(root, "config", container_to_json(*this));
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

digest::Digest chain_id(const std::vector<digest::Digest>& diff_ids) {
  if (diff_ids.empty()) return digest::hash({});
  auto chain = diff_ids.front();
  for (auto id = diff_ids.begin() + 1; id != diff_ids.end(); ++id) {
    const auto text = fmt::format("{} {}", chain.str(), id->str());
    chain = digest::hash(util::as_bytes(text));
  }
  return chain;
}

}  // namespace lamina::image
