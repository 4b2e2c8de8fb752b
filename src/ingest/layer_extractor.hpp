// SPDX-License-Identifier: Apache-2.0
// Extracts one layer's tar stream: contents become objects, everything else one tree. One pass, bounded memory.
#pragma once

#include <string>
#include <vector>

#include <lamina/archive/tar_reader.hpp>
#include <lamina/store/import_staging.hpp>
#include <lamina/tree/builder.hpp>

namespace lamina::ingest {

class LayerExtractor {
public:
  LayerExtractor(archive::TarReader& tar, store::ImportStaging& staging);

  /// Reads to the end of the archive; the bytes of the layer's tree.
  std::string run();

private:
  void add(const archive::Entry& entry);
  void add_node(const util::RelPath& path, const archive::Entry& entry, const tree::FileContent& content);
  tree::FileContent read_content(std::uint64_t size);
  tree::FileContent read_small(std::uint64_t size);

  archive::TarReader& tar_;
  store::ImportStaging& staging_;
  tree::TreeBuilder builder_;
  std::vector<std::byte> buffer_;
};

}  // namespace lamina::ingest
