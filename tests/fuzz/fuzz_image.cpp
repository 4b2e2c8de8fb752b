// SPDX-License-Identifier: Apache-2.0
// Hostile documents and names of images. The first byte says what the rest is; what was accepted is written, read again,
// and must be the same.
#include <lamina/image/config.hpp>
#include <lamina/image/descriptor.hpp>
#include <lamina/image/platform.hpp>
#include <lamina/image/reference.hpp>

#include "fuzz.hpp"

namespace lamina::fuzz {
namespace {

using image::DocumentKind;

/// Documents that dump() writes: what is read from one is written alike.
template <typename Document>
std::optional<Document> round_trip(std::string_view json) {
  auto document = attempt([&] { return Document::parse(json, "the input"); });
  if (document) {
    const std::string written = document->dump();
    const std::string again =
        must("what dump() writes can be read", [&] { return Document::parse(written, "the dump").dump(); });
    require(written == again, "dump() loses nothing");
  }
  return document;
}

void try_manifest(std::string_view json) {
  const auto kind = attempt([&] { return image::document_kind(json, "the input"); });
  const bool is_manifest = round_trip<image::Manifest>(json).has_value();
  require(!is_manifest || kind == DocumentKind::manifest, "a manifest is of the kind manifest");
}

void try_index(std::string_view json) {
  const auto kind = attempt([&] { return image::document_kind(json, "the input"); });
  const auto index = attempt([&] { return image::Index::parse(json, "the input"); });
  require(!index || kind == DocumentKind::index, "an index is of the kind index");
  if (!index) return;
  for (const auto& descriptor : index->manifests) {
    if (descriptor.platform) (void)image::match(*descriptor.platform, image::Platform::host());
  }
}

void try_config(std::string_view json) {
  const auto config = round_trip<image::Config>(json);
  if (config) (void)image::chain_id(config->diff_ids);
}

void try_reference(std::string_view text) {
  const auto reference = attempt([&] { return image::Reference::parse(text); });
  if (!reference) return;
  for (const std::string& written : {reference->str(), reference->familiar()}) {
    const auto again = must("a written reference can be read", [&] { return image::Reference::parse(written); });
    require(again == *reference, "a reference is read as it was written: " + written);
  }
}

void try_platform(std::string_view text) {
  const auto platform = attempt([&] { return image::Platform::parse(text); });
  if (!platform) return;
  const auto again = must("a written platform can be read", [&] { return image::Platform::parse(platform->str()); });
  require(again == *platform, "a platform is read as it was written: " + platform->str());
  require(image::match(*platform, *platform) > 0, "a platform serves itself: " + platform->str());
}

}  // namespace
}  // namespace lamina::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lamina::fuzz;
  if (size == 0) return 0;
  const std::string_view rest = as_text(data + 1, size - 1);
  switch (data[0]) {
    case 'm': try_manifest(rest); break;
    case 'i': try_index(rest); break;
    case 'c': try_config(rest); break;
    case 'r': try_reference(rest); break;
    case 'p': try_platform(rest); break;
    default: break;
  }
  return 0;
}
