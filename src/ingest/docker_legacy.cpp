// SPDX-License-Identifier: Apache-2.0
// docker's image-spec v1.0: each layer is an image of its own, ID/json and ID/layer.tar, that names its parent;
// `repositories` maps names and tags to the topmost. The config that today's images have is put together from them.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <lamina/archive/decompressor.hpp>
#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

#include "docker_archive.hpp"
#include "limited_source.hpp"

namespace lamina::ingest {
namespace {

using nlohmann::json;
using util::Error;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The chain of image documents from `id` down, then turned: bottom first.
std::vector<json> read_chain(const FileSet& files, std::string id) {
  std::vector<json> chain;
  std::set<std::string> seen;
  while (!id.empty()) {
    if (!util::is_valid_name(id) || !seen.insert(id).second) {
      throw Error(fmt::format("{}: the chain of layers is broken at '{}'", files.what(), util::printable(id)));
    }
    chain.push_back(json::parse(files.get_text(id + "/json")));
    chain.back()["id"] = id;  // the directory's name is what leads to layer.tar
    id = text_of(chain.back(), "parent");
  }
  std::ranges::reverse(chain);
  return chain;
}

json history_of(const json& document) {
  json step = {{"created", text_of(document, "created")}};
  if (const auto author = text_of(document, "author"); !author.empty()) step["author"] = author;
  if (const auto comment = text_of(document, "comment"); !comment.empty()) step["comment"] = comment;
  const auto command = document.find("container_config");
  if (command != document.end() && command->is_object() && command->contains("Cmd") && (*command)["Cmd"].is_array()) {
    step["created_by"] = fmt::format("{}", fmt::join((*command)["Cmd"].get<std::vector<std::string>>(), " "));
  }
  return step;
}

digest::Digest diff_id_of(const FileRef& layer, const std::string& what, const Limits& limits) {
  digest::HashingSource content(
      std::make_unique<LimitedSource>(archive::decompress_detected(layer.open(), what), limits, what));
  util::drain(content);
  return content.finish();
}

SourceImage read_image(const FileSet& files, const std::string& id, const Limits& limits) {
  SourceImage image;
  image.what = files.what();
  const auto chain = read_chain(files, id);
  json config = chain.back();
  for (const char* gone : {"id", "parent", "Size", "parent_id", "layer_id", "throwaway"}) config.erase(gone);
  config["rootfs"] = {{"type", "layers"}, {"diff_ids", json::array()}};
  config["history"] = json::array();
  for (const auto& document : chain) {
    auto what = fmt::format("layer {} of {}", image.layers.size() + 1, files.what());
    auto layer = files.get(document.at("id").get<std::string>() + "/layer.tar");
    config["rootfs"]["diff_ids"].push_back(diff_id_of(layer, what, limits).str());
    config["history"].push_back(history_of(document));
    image.layers.push_back(
        {std::move(what), std::nullopt, "application/vnd.docker.image.rootfs.diff.tar", std::move(layer)});
  }
  image.config = config.dump();
  return image;
}

}  // namespace

std::vector<SourceImage> read_legacy_archive(const FileSet& files, const std::string& reference, const Limits& limits) {
  try {
    std::map<std::string, std::vector<image::Reference>> names_by_id;
    const auto repositories = json::parse(files.get_text("repositories"));
    for (const auto& [repository, tags] : repositories.items()) {
      for (const auto& [tag, id] : tags.items()) {
        names_by_id[id.get<std::string>()].push_back(image::Reference::parse(fmt::format("{}:{}", repository, tag)));
      }
    }
    std::vector<SourceImage> images;
    for (auto& [id, names] : names_by_id) {
      // To read an image here is to hash its layers: only what is wanted is read.
      if (is_wanted(names, reference)) {
        images.push_back(read_image(files, id, limits));
        images.back().names = std::move(names);
      }
    }
    return images;
  } catch (const json::exception&) {
    throw Error(fmt::format("{}: its JSON is not that of a docker archive", files.what()));
  }
}

}  // namespace lamina::ingest
