// SPDX-License-Identifier: Apache-2.0
#include "layer_extractor.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <lamina/layer/oci_names.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

namespace lamina::ingest {
namespace {

using util::Error;

// Up to this size a file is gathered in memory, so that it is written only when the store lacks it.
constexpr std::uint64_t kSmallFile = std::uint64_t{1} << 20U;

/// The path without its last component, with `name` in its place.
util::RelPath sibling(const util::RelPath& path, std::string_view name) {
  std::string text;
  const auto& components = path.components();
  for (std::size_t i = 0; i + 1 < components.size(); ++i) text += components[i] + "/";
  return util::RelPath::parse(text += name);
}

bool is_bookkeeping(const util::RelPath& path) {
  return std::ranges::any_of(path.components(), [](const std::string& name) {
    return layer::parse_oci_name(name).kind == layer::OciNameKind::metadata;
  });
}

}  // namespace

LayerExtractor::LayerExtractor(util::Source& tar, const std::string& what, store::LayerStaging& staging, Budget& budget)
    : splitter_(tar, staging.skeleton()),
      tar_(splitter_, what),
      staging_(staging),
      budget_(budget),
      builder_(tree::TreeKind::layer),
      buffer_(kSmallFile) {}

std::string LayerExtractor::run() {
  while (const auto entry = tar_.next()) {
    add(*entry);
    spend(*entry);
  }
  util::drain(splitter_);  // the DiffID covers what follows the archive's end, too
  splitter_.finish();
  return builder_.build();
}

void LayerExtractor::spend(const archive::Entry& entry) {
  std::uint64_t bytes = entry.path.size() + entry.link_target.size();
  for (const auto& [name, value] : entry.metadata.xattrs) bytes += name.size() + value.size();
  // A path may imply directories, and a hard link makes no node.
  budget_.spend_entries(std::max<std::uint64_t>(1, builder_.node_count() - nodes_) + bytes / 1024);
  nodes_ = builder_.node_count();
}

void LayerExtractor::add(const archive::Entry& entry) {
  const auto path = util::RelPath::parse(entry.path);
  if (path.is_root() || !is_bookkeeping(path)) {
    const auto name = path.is_root() ? layer::OciName{} : layer::parse_oci_name(path.components().back());
    switch (name.kind) {
      case layer::OciNameKind::plain: add_node(path, entry); break;
      case layer::OciNameKind::whiteout: builder_.put_whiteout(sibling(path, name.target)); break;
      case layer::OciNameKind::opaque: builder_.put_opaque(sibling(path, "")); break;
      case layer::OciNameKind::metadata: break;
      case layer::OciNameKind::malformed:
        throw Error(fmt::format("the name '{}' is a whiteout of nothing", util::printable(entry.path)));
    }
  }
}

void LayerExtractor::add_node(const util::RelPath& path, const archive::Entry& entry) {
  switch (entry.type) {
    case archive::EntryType::directory: builder_.put_directory(path, entry.metadata); break;
    case archive::EntryType::file: builder_.put_file(path, entry.metadata, read_content(entry.size)); break;
    case archive::EntryType::symlink: builder_.put_symlink(path, entry.metadata, entry.link_target); break;
    case archive::EntryType::hardlink: builder_.put_hardlink(path, util::RelPath::parse(entry.link_target)); break;
    case archive::EntryType::character_device:
    case archive::EntryType::block_device:
    case archive::EntryType::fifo: builder_.put_special(path, entry.metadata); break;
  }
}

std::optional<archive::TarReader::Block> LayerExtractor::next_block() {
  const auto block = tar_.next_block();
  if (block) splitter_.add_content(*block);
  return block;
}

tree::FileContent LayerExtractor::read_content(std::uint64_t size) {
  budget_.spend_content(size);
  const auto content = size <= kSmallFile ? read_small(size) : read_large(size);
  splitter_.end_file(content.digest);
  return content;
}

tree::FileContent LayerExtractor::read_small(std::uint64_t size) {
  const auto content = std::span(buffer_).first(size);
  std::size_t end = 0;
  while (const auto block = next_block()) {
    if (block->data.size() == size) {  // in one piece: no need to copy it
      const auto whole = staging_.add_object(block->data);
      static_cast<void>(next_block());  // says that this is the end, behind which an archive may stop
      return whole;
    }
    std::ranges::fill(content.subspan(end, block->offset - end), std::byte{0});
    std::ranges::copy(block->data, content.subspan(block->offset).begin());
    end = block->offset + block->data.size();
  }
  std::ranges::fill(content.subspan(end), std::byte{0});
  return staging_.add_object(content);
}

tree::FileContent LayerExtractor::read_large(std::uint64_t size) {
  auto stream = staging_.open_stream();
  while (const auto block = next_block()) stream.write(block->offset, block->data);
  return stream.finish(size);
}

}  // namespace lamina::ingest
