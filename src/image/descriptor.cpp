// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/descriptor.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "json_object.hpp"

namespace lamina::image {

namespace {

constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kDockerSchema1 = "application/vnd.docker.distribution.manifest.v1";
constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";

constexpr std::array<std::string_view, 10> kLayerTypes = {
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
};

bool is_manifest_media_type(std::string_view media_type) noexcept {
  return media_type == kOciManifest || media_type == kDockerManifest;
}

// A document with the members of both could be read as two different images by two programs (OCI image-spec,
// manifest.md and image-index.md: "mediaType"; CVE-2021-41190), so it is refused.
DocumentKind kind_of(const JsonObject& root) {
  const auto media_type = root.text("mediaType");
  if (media_type.starts_with(kDockerSchema1) || (media_type.empty() && root.has("fsLayers"))) {
    root.fail("this is a schema 1 manifest, which is too old; save or push the image again with a current docker");
  }
  const bool as_manifest = root.has("layers") || root.has("config");
  const bool as_index = root.has("manifests");
  if (as_manifest && as_index) root.fail("this could be a manifest as well as an index, and is refused as ambiguous");
  if (is_index_media_type(media_type) || (media_type.empty() && as_index)) {
    if (!as_index) root.fail("manifests is missing");
    return DocumentKind::index;
  }
  if (is_manifest_media_type(media_type) || (media_type.empty() && root.has("layers"))) {
    return DocumentKind::manifest;
  }
  if (media_type.empty()) root.fail("this is neither an image manifest nor an index");
  root.fail(fmt::format("this is not a container image, its type is \"{}\"", util::printable(media_type)));
}

Descriptor read_descriptor(const JsonObject& object) {
  Descriptor result{.media_type = object.required_text("mediaType"),
                    .digest = object.required_digest("digest"),
                    .size = object.required_count("size"),
                    .annotations = object.text_map("annotations"),
                    .platform = std::nullopt};
  if (const auto platform = object.object("platform")) result.platform = platform->platform();
  return result;
}

nlohmann::json to_json(const Descriptor& descriptor) {
  nlohmann::json result = {
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.str()}, {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) result["annotations"] = descriptor.annotations;
  if (const auto& platform = descriptor.platform) {
    result["platform"] = {{"os", platform->os}, {"architecture", platform->architecture}};
    if (!platform->variant.empty()) result["platform"]["variant"] = platform->variant;
  }
  return result;
}

}  // namespace

Manifest Manifest::parse(std::string_view json, std::string_view what) {
  const auto root = JsonObject::parse(json, what);
  if (kind_of(root) != DocumentKind::manifest)
    root.fail("this is an index of images where the manifest of one is needed");

  Manifest result{
      .media_type = root.text("mediaType"), .config = read_descriptor(root.required_object("config")), .layers = {}};
  if (result.media_type.empty()) result.media_type = kOciManifest;
  if (const auto& type = result.config.media_type; type != kOciConfig && type != kDockerConfig) {
    root.fail(fmt::format("this is not a container image, its config has the type \"{}\"", util::printable(type)));
  }
  if (!root.has("layers")) root.fail("layers is missing");
  for (const auto& object : root.objects("layers")) {
    const auto& layer = result.layers.emplace_back(read_descriptor(object));
    if (std::ranges::find(kLayerTypes, layer.media_type) == kLayerTypes.end()) {
      root.fail(fmt::format("{} has the unknown type \"{}\"", object.path(), util::printable(layer.media_type)));
    }
  }
  return result;
}

std::string Manifest::dump() const {
  auto layer_list = nlohmann::json::array();
  for (const auto& layer : layers) layer_list.push_back(to_json(layer));
  const nlohmann::json document = {
      {"schemaVersion", 2}, {"mediaType", media_type}, {"config", to_json(config)}, {"layers", std::move(layer_list)}};
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Index Index::parse(std::string_view json, std::string_view what) {
  const auto root = JsonObject::parse(json, what);
  if (kind_of(root) != DocumentKind::index) root.fail("this is the manifest of one image where an index is needed");
  Index result;
  for (const auto& object : root.objects("manifests")) {
    // image-index.md: "Implementations … MUST ignore" entries of a media type they do not know.
    const auto media_type = object.required_text("mediaType");
    if (!is_manifest_media_type(media_type) && !is_index_media_type(media_type)) continue;
    result.manifests.push_back(read_descriptor(object));
  }
  return result;
}

DocumentKind document_kind(std::string_view json, std::string_view what) {
  return kind_of(JsonObject::parse(json, what));
}

bool is_index_media_type(std::string_view media_type) noexcept {
  return media_type == kOciIndex || media_type == kDockerList;
}

}  // namespace lamina::image
