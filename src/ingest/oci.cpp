// SPDX-License-Identifier: Apache-2.0
#include "oci.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lamina/image/config.hpp>
#include <lamina/util/error.hpp>

namespace lamina::ingest {
namespace {

using image::Descriptor;
using util::Error;

constexpr int kMaxNesting = 8;  // indexes within indexes; real ones have one
// containerd and buildkit write the whole reference here and the bare tag in ref.name.
constexpr const char* kContainerdName = "io.containerd.image.name";

std::string annotation(const Descriptor& descriptor, std::string_view key) {
  const auto found = descriptor.annotations.find(std::string(key));
  return found == descriptor.annotations.end() ? "" : found->second;
}

/// buildkit's provenance documents stand among the manifests and claim the platform unknown/unknown.
bool is_attestation(const Descriptor& descriptor) {
  return descriptor.annotations.contains("vnd.docker.reference.type") ||
         (descriptor.platform && descriptor.platform->os == "unknown");
}

image::Platform platform_of(const FileSet& files, const Descriptor& manifest) {
  if (manifest.platform) return *manifest.platform;
  const auto what = fmt::format("the manifest {} of {}", manifest.digest.str(), files.what());
  return image::Config::parse(files.get_blob(image::Manifest::parse(files.get_blob(manifest), what).config),
                              fmt::format("the config of {}", files.what()))
      .platform;
}

/// All manifests below `descriptor`, through nested indexes. Manifests themselves stay unread: a layout may hold
/// the blobs of one platform only.
void collect(const FileSet& files, const Descriptor& descriptor, int depth, std::vector<Descriptor>& into) {
  if (is_attestation(descriptor)) return;
  if (!image::is_index_media_type(descriptor.media_type)) {
    into.push_back(descriptor);
    return;
  }
  if (depth > kMaxNesting) throw Error(fmt::format("{} nests indexes more than {} deep", files.what(), kMaxNesting));
  const auto what = fmt::format("the index {} of {}", descriptor.digest.str(), files.what());
  for (auto& inner : image::Index::parse(files.get_blob(descriptor), what).manifests) {
    if (!inner.platform) inner.platform = descriptor.platform;
    collect(files, inner, depth + 1, into);
  }
}

/// The best for `platform`. A single manifest has to match as well: an image that cannot run here is worth a sentence.
Descriptor choose(const FileSet& files, const std::vector<Descriptor>& manifests, const image::Platform& platform) {
  std::vector<std::string> offered;
  const Descriptor* best = nullptr;
  int best_match = 0;
  for (const auto& manifest : manifests) {
    const auto has = platform_of(files, manifest);
    offered.push_back(has.str());
    if (const int quality = image::match(has, platform); quality > best_match) {
      best = &manifest;
      best_match = quality;
    }
  }
  if (best != nullptr) return *best;
  if (offered.empty()) throw Error(fmt::format("{} holds no image manifest", files.what()));
  throw Error(fmt::format("{} has no image for {}: there is {} (choose with --platform)", files.what(), platform.str(),
                          fmt::join(offered, ", ")));
}

std::vector<image::Reference> names_of(const Descriptor& descriptor, const std::string& default_name) {
  for (const auto key : {std::string_view(kContainerdName), image::kRefNameAnnotation}) {
    const std::string name = annotation(descriptor, key);
    if (name.empty()) continue;
    const bool bare_tag = name.find_first_of(":/") == std::string::npos;
    if (bare_tag && default_name.empty()) continue;
    try {
      return {image::Reference::parse(bare_tag ? fmt::format("{}:{}", default_name, name) : name)};
    } catch (const Error&) {
      continue;  // not a name as docker knows names: the image stays without one
    }
  }
  return {};
}

SourceImage read_image(const FileSet& files, const Descriptor& descriptor) {
  SourceImage image;
  image.what = files.what();
  image.manifest = files.get_blob(descriptor);
  const auto manifest = image::Manifest::parse(*image.manifest, fmt::format("the manifest of {}", files.what()));
  image.config = files.get_blob(manifest.config);
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const auto& layer = manifest.layers[i];
    const auto what = fmt::format("layer {} of {}", i + 1, files.what());
    // A layer that the store has already need not be in the source: what is missing is found out when it is opened.
    FileRef file{layer.size, [what, digest = layer.digest]() -> std::unique_ptr<util::Source> {
                   throw Error(fmt::format("{}: the blob {} is missing", what, digest.str()), ENOENT);
                 }};
    if (auto found = files.find(blob_path(layer.digest))) file.open = std::move(found->open);
    image.layers.push_back({what, layer.digest, layer.media_type, std::move(file)});
  }
  return image;
}

/// Entries of index.json by name: several of one name are one image for several platforms.
std::map<std::string, std::vector<Descriptor>> by_name(const image::Index& index, const std::string& tag) {
  std::map<std::string, std::vector<Descriptor>> groups;
  for (const auto& descriptor : index.manifests) {
    std::string name = annotation(descriptor, image::kRefNameAnnotation);
    if (name.empty()) name = annotation(descriptor, kContainerdName);
    if (tag.empty() || tag == name) groups[name].push_back(descriptor);
  }
  return groups;
}

}  // namespace

std::vector<SourceImage> read_oci_layout(const FileSet& files, const std::string& tag, const image::Platform& platform,
                                         const std::string& default_name) {
  const auto index = image::Index::parse(files.get_text("index.json"), fmt::format("index.json of {}", files.what()));
  const auto groups = by_name(index, tag);
  if (groups.empty()) {
    if (tag.empty()) throw Error(fmt::format("{} holds no image", files.what()));
    std::vector<std::string> tags;
    for (const auto& [name, group] : by_name(index, ""))
      tags.push_back(name.empty() ? "(an image without a tag)" : name);
    throw Error(fmt::format("{} has no image tagged '{}': there is {}", files.what(), tag, fmt::join(tags, ", ")));
  }
  std::vector<SourceImage> images;
  for (const auto& [name, group] : groups) {
    std::vector<Descriptor> manifests;
    for (const auto& descriptor : group) collect(files, descriptor, 0, manifests);
    images.push_back(read_image(files, choose(files, manifests, platform)));
    images.back().names = names_of(group.front(), default_name);
  }
  return images;
}

}  // namespace lamina::ingest
