// SPDX-License-Identifier: Apache-2.0
#include <lamina/layer/oci_names.hpp>

namespace lamina::layer {

namespace {

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kMetadataPrefix = ".wh..wh.";
constexpr std::string_view kOpaqueMarker = ".wh..wh..opq";
constexpr std::string_view kPseudoLinks = ".wh..wh.plnk";

}  // namespace

OciName parse_oci_name(std::string_view name) noexcept {
  if (!name.starts_with(kWhiteoutPrefix)) return {};
  if (name == kOpaqueMarker) return {OciNameKind::opaque, {}};
  if (name == kPseudoLinks) return {OciNameKind::pseudo_links, {}};
  if (name.starts_with(kMetadataPrefix)) return {OciNameKind::metadata, {}};
  const auto target = name.substr(kWhiteoutPrefix.size());
  if (target.empty() || target == "." || target == "..") return {OciNameKind::malformed, {}};
  return {OciNameKind::whiteout, target};
}

std::string whiteout_name(std::string_view name) { return std::string(kWhiteoutPrefix).append(name); }

std::string_view opaque_marker() noexcept { return kOpaqueMarker; }

std::string_view pseudo_links() noexcept { return kPseudoLinks; }

}  // namespace lamina::layer
