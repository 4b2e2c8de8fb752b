// SPDX-License-Identifier: Apache-2.0
// What an image source offers, before anything of it is in the store: the config and manifest (already verified
// against their digests) and the layers, still unread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lamina/image/descriptor.hpp>
#include <lamina/image/platform.hpp>
#include <lamina/image/reference.hpp>
#include <lamina/ingest/limits.hpp>
#include <lamina/util/root_dir.hpp>
#include <lamina/util/source.hpp>

namespace lamina::ingest {

/// One file of a source.
struct FileRef {
  std::uint64_t size = 0;  ///< bytes
  std::function<std::unique_ptr<util::Source>()> open;
};

struct LayerBlob {
  std::string what;                      ///< for messages: "layer 2 of oci:dir"
  std::optional<digest::Digest> digest;  ///< of the blob as it is; nullopt where the source does not say
  std::string media_type;
  FileRef file;  ///< the blob, plain or compressed
};

struct SourceImage {
  std::string what;                     ///< for messages
  std::string config;                   ///< bytes
  std::optional<std::string> manifest;  ///< bytes; nullopt where the source has none
  std::vector<LayerBlob> layers;        ///< bottom first
  std::vector<image::Reference> names;  ///< what the source calls it
};

/// The FILE or path that means standard input.
inline constexpr std::string_view kStandardInput = "-";

/// Is `text`, a source as open_source() takes it, to be read from standard input?
bool reads_standard_input(std::string_view text);

/// The images `text` names: docker-archive:FILE[:REF], oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:PATH or a bare
/// path, recognised by its content. `staging` takes what has to be spooled: a compressed archive, a pipe. Throws Error.
std::vector<SourceImage> open_source(std::string_view text, const image::Platform& platform,
                                     const util::RootDir& staging, const Limits& limits);

}  // namespace lamina::ingest
