// SPDX-License-Identifier: Apache-2.0
#include <lamina/ingest/source_image.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "docker_archive.hpp"
#include "oci.hpp"
#include "rootfs.hpp"

namespace lamina::ingest {
namespace {

using util::Error;

enum class Kind { docker_archive, oci, oci_archive, rootfs };

struct SourceName {
  Kind kind = Kind::rootfs;
  std::string path;
  std::string image;                          ///< REF or TAG; "" for none
  std::shared_ptr<const util::Fd> archive{};  ///< nullptr: not opened yet
};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return path != kStandardInput && std::filesystem::is_directory(path, ignored);
}

/// PATH[:IMAGE] at the first colon, as skopeo does, unless a file of the whole name is there.
SourceName split(Kind kind, std::string_view rest) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos || exists(std::string(rest))) return {kind, std::string(rest), ""};
  return {kind, std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1))};
}

std::optional<SourceName> parse_prefixed(std::string_view text) {
  static constexpr std::pair<std::string_view, Kind> kPrefixes[] = {
      {"docker-archive:", Kind::docker_archive}, {"oci-archive:", Kind::oci_archive}, {"oci:", Kind::oci}};
  for (const auto& [prefix, kind] : kPrefixes) {
    if (text.starts_with(prefix)) return split(kind, text.substr(prefix.size()));
  }
  constexpr std::string_view kRootfs = "rootfs:";
  if (text.starts_with(kRootfs)) return SourceName{Kind::rootfs, std::string(text.substr(kRootfs.size())), ""};
  return std::nullopt;
}

/// What a bare path is, by what it holds.
SourceName recognise(std::string_view text, const std::string& what, const util::RootDir& staging,
                     const Limits& limits) {
  std::string path(text);
  if (path != kStandardInput && !exists(path)) {
    throw Error(
        fmt::format("{}: no such file, and not one of docker-archive:FILE, oci:DIR, oci-archive:FILE, rootfs:PATH",
                    what),
        ENOENT);
  }
  if (is_directory(path)) {
    const auto dir = util::RootDir::open(path);
    return {dir.exists("index.json") && dir.exists("oci-layout") ? Kind::oci : Kind::rootfs, std::move(path), ""};
  }
  auto archive = open_archive(path, what, staging, limits);
  const TarFiles files(archive, what);
  const auto kind = is_docker_archive(files)   ? Kind::docker_archive
                    : files.find("index.json") ? Kind::oci_archive
                                               : Kind::rootfs;
  return {kind, std::move(path), "", std::move(archive)};
}

/// "/images/Debian.oci.tar" → "debian": what a layout's bare tags are tags of.
std::string repository_from(const std::string& path) {
  auto name = (std::filesystem::absolute(path).lexically_normal() / "").parent_path().filename().string();
  name = name.substr(0, name.find('.', 1));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  try {
    return image::Reference::parse(name).familiar_name();
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

bool reads_standard_input(std::string_view text) {
  const auto prefixed = parse_prefixed(text);
  if (prefixed) return prefixed->path == kStandardInput && prefixed->kind != Kind::oci;
  return text == kStandardInput;
}

std::vector<SourceImage> open_source(std::string_view text, const image::Platform& platform,
                                     const util::RootDir& staging, const Limits& limits) {
  const std::string what = text == kStandardInput ? "standard input" : util::printable(text);
  const auto prefixed = parse_prefixed(text);
  const SourceName source = prefixed ? *prefixed : recognise(text, what, staging, limits);
  const auto archive = [&] {
    return source.archive ? source.archive : open_archive(source.path, what, staging, limits);
  };
  switch (source.kind) {
    case Kind::docker_archive: return read_docker_archive(TarFiles(archive(), what), source.image, limits);
    case Kind::oci_archive:
      return read_oci_layout(TarFiles(archive(), what), source.image, platform, repository_from(source.path));
    case Kind::oci:
      return read_oci_layout(DirectoryFiles(util::RootDir::open(source.path), what), source.image, platform,
                             repository_from(source.path));
    case Kind::rootfs: {
      const auto tar = is_directory(source.path) ? archive_directory(source.path, staging) : archive();
      std::vector<SourceImage> images;
      images.push_back(read_rootfs(tar, source.path, platform));
      return images;
    }
  }
  throw Error("unknown kind of source");
}

}  // namespace lamina::ingest
