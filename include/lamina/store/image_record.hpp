// SPDX-License-Identifier: Apache-2.0
// What the store keeps about an image and about a layer, besides their content.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lamina/digest/digest.hpp>
#include <lamina/image/config.hpp>
#include <lamina/image/reference.hpp>

namespace lamina::store {

/// images/ids/HEX.json
struct ImageRecord {
  digest::Digest id;          ///< of the config blob: docker's and podman's IMAGE ID
  digest::Digest manifest;    ///< of the manifest blob
  digest::Digest chain;       ///< names the merged tree
  std::int64_t imported = 0;  ///< seconds since the epoch
};

/// A record with what it leads to.
struct Image {
  ImageRecord record;
  image::Config config;
  std::vector<image::Reference> names;  ///< sorted; empty for an untagged image

  /// The first name as docker shows it, else the short ID.
  std::string display_name() const;
};

/// layers/sha256/DIFFID/info.json
struct LayerInfo {
  digest::Digest diff_id;
  std::uint64_t tar_bytes = 0;      ///< of the uncompressed archive
  std::uint64_t content_bytes = 0;  ///< sum of its regular files' sizes, each inode once
  std::string media_type;           ///< as first seen
  std::string blob_digest;          ///< as first seen, "sha256:…"
  std::uint64_t blob_bytes = 0;     ///< as first seen (compressed)
};

/// The first 12 hex digits, as docker shows IDs.
std::string short_id(const digest::Digest& digest);

}  // namespace lamina::store
