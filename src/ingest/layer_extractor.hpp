// SPDX-License-Identifier: Apache-2.0
// Extracts one layer's tar stream: contents become objects, everything else one tree and a skeleton. One pass, bounded
// memory.
#pragma once

#include <string>
#include <vector>

#include <lamina/archive/tar_reader.hpp>
#include <lamina/store/layer_staging.hpp>
#include <lamina/tree/builder.hpp>

#include "budget.hpp"
#include "tar_splitter.hpp"

namespace lamina::ingest {

class LayerExtractor {
public:
  /// `what` names the layer in messages.
  LayerExtractor(util::Source& tar, const std::string& what, store::LayerStaging& staging, Budget& budget);

  /// Reads to the end of the archive and of what follows it; the bytes of the layer's tree.
  std::string run();

private:
  void add(const archive::Entry& entry);
  void add_node(const util::RelPath& path, const archive::Entry& entry, const tree::FileContent& content);
  tree::FileContent read_content(std::uint64_t size);
  tree::FileContent read_small(std::uint64_t size);
  tree::FileContent read_large(std::uint64_t size);
  /// The next piece of the current file, told to the splitter.
  std::optional<archive::TarReader::Block> next_block();
  void spend(const archive::Entry& entry);

  TarSplitter splitter_;
  archive::TarReader tar_;
  store::LayerStaging& staging_;
  Budget& budget_;
  std::size_t nodes_ = 0;  ///< of the builder, as far as they are paid for
  tree::TreeBuilder builder_;
  std::vector<std::byte> buffer_;
};

}  // namespace lamina::ingest
