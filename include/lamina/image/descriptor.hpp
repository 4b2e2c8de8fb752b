// SPDX-License-Identifier: Apache-2.0
// Descriptor, Manifest, Index: OCI image-spec (descriptor.md, manifest.md, image-index.md) and their Docker
// schema 2 twins, as plain values. Parsing throws Error with one sentence; nothing here touches a file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lamina/digest/digest.hpp>
#include <lamina/image/platform.hpp>

namespace lamina::image {

struct Descriptor {
  std::string media_type;
  digest::Digest digest;
  std::uint64_t size = 0;  ///< bytes
  std::map<std::string, std::string> annotations;
  std::optional<Platform> platform;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  ///< bottom first

  /// Refuses schema 1, indexes, unknown layer or config media types (by name), negative sizes, broken digests.
  static Manifest parse(std::string_view json, std::string_view what);
  /// Canonical JSON (sorted keys, no blanks): for manifests that a docker-archive does not have.
  std::string dump() const;
};

struct Index {
  std::vector<Descriptor> manifests;  ///< each a manifest or another index; entries of unknown types are left out
  static Index parse(std::string_view json, std::string_view what);
};

enum class DocumentKind { manifest, index };
/// What `json` is, by its mediaType, else by its members ("layers" or "manifests"). One that could be read as both is
/// refused (CVE-2021-41190), as is one that is neither.
DocumentKind document_kind(std::string_view json, std::string_view what);
bool is_index_media_type(std::string_view media_type) noexcept;

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayerTar = "application/vnd.oci.image.layer.v1.tar";

/// org.opencontainers.image.ref.name
inline constexpr std::string_view kRefNameAnnotation = "org.opencontainers.image.ref.name";

}  // namespace lamina::image
