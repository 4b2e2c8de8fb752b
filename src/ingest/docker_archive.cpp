// SPDX-License-Identifier: Apache-2.0
#include "docker_archive.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <lamina/digest/hasher.hpp>
#include <lamina/image/config.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

namespace lamina::ingest {
namespace {

using nlohmann::json;
using util::Error;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kRepositories = "repositories";
constexpr const char* kLayerMediaType = "application/vnd.docker.image.rootfs.diff.tar";

/// docker names the config file by its digest: HEX.json, or blobs/sha256/HEX since version 25.
void verify_config_name(const FileSet& files, const std::string& path, std::string_view config) {
  std::string_view hex = std::string_view(path).substr(path.rfind('/') + 1);
  hex = hex.substr(0, hex.find('.'));
  const auto expected = digest::Digest::find_hex(hex);
  const auto actual = digest::hash(util::as_bytes(config));
  if (expected && *expected != actual) {
    throw Error(fmt::format("the config {} of {} has digest {}", path, files.what(), actual.str()));
  }
}

/// A path that the manifest names.
std::string member_path(const FileSet& files, const std::string& text) {
  try {
    return util::RelPath::parse(text).str();
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", files.what(), error.what()), error.code());
  }
}

SourceImage read_entry(const FileSet& files, const json& entry) {
  SourceImage image;
  image.what = files.what();
  const auto config_path = entry.at("Config").get<std::string>();
  image.config = files.get_text(member_path(files, config_path));
  verify_config_name(files, config_path, image.config);
  if (const auto tags = entry.find("RepoTags"); tags != entry.end() && !tags->is_null()) {
    for (const auto& tag : *tags) image.names.push_back(image::Reference::parse(tag.get<std::string>()));
  }
  const auto& layers = entry.at("Layers");
  if (layers.is_null()) return image;
  for (const auto& layer : layers) {
    auto what = fmt::format("layer {} of {}", image.layers.size() + 1, files.what());
    auto file = files.get(member_path(files, layer.get<std::string>()));
    image.layers.push_back({std::move(what), std::nullopt, kLayerMediaType, std::move(file)});
  }
  return image;
}

Error no_such_image(const FileSet& files, const std::string& reference, const std::vector<SourceImage>& images) {
  std::vector<std::string> names;
  for (const auto& image : images) {
    for (const auto& name : image.names) names.push_back(name.familiar());
  }
  return Error(fmt::format("{} has no image '{}': there is {}", files.what(), util::printable(reference),
                           names.empty() ? "one without a name" : fmt::format("{}", fmt::join(names, ", "))),
               ENOENT);
}

}  // namespace

bool is_wanted(const std::vector<image::Reference>& names, const std::string& reference) {
  return reference.empty() || std::ranges::find(names, image::Reference::parse(reference)) != names.end();
}

bool is_docker_archive(const FileSet& files) {
  return files.find(kManifest).has_value() || files.find(kRepositories).has_value();
}

std::vector<SourceImage> read_docker_archive(const FileSet& files, const std::string& reference, const Limits& limits) {
  std::vector<SourceImage> images;
  if (!files.find(kManifest)) {
    if (!files.find(kRepositories)) {
      throw Error(fmt::format("{} is not a docker archive: it has no {}", files.what(), kManifest));
    }
    images = read_legacy_archive(files, reference, limits);
  } else {
    try {
      for (const auto& entry : json::parse(files.get_text(kManifest))) images.push_back(read_entry(files, entry));
    } catch (const json::exception&) {
      throw Error(fmt::format("{}: {} is not a docker archive's manifest", files.what(), kManifest));
    }
  }
  if (images.empty()) throw Error(fmt::format("{} holds no image", files.what()));
  std::vector<SourceImage> wanted;
  for (auto& image : images) {
    if (is_wanted(image.names, reference)) wanted.push_back(std::move(image));
  }
  if (wanted.empty()) throw no_such_image(files, reference, images);
  return wanted;
}

}  // namespace lamina::ingest
