// SPDX-License-Identifier: Apache-2.0
#include "layer_extractor.hpp"

#include <algorithm>
#include <span>

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

/// Calls `act`, and gives what it finds wrong the name of the entry.
template <typename Act>
auto naming(const archive::Entry& entry, Act act) {
  try {
    return act();
  } catch (const Error& error) {
    const auto name = fmt::format("'{}'", util::printable(entry.path));
    if (std::string_view(error.what()).find(name) != std::string_view::npos) throw;
    throw Error(fmt::format("{}: {}", name, error.what()), error.code());
  }
}

util::RelPath path_in_root(std::string_view text) { return util::RelPath::parse(text, util::AboveRoot::is_root); }

layer::OciNameKind kind_of(const std::string& name) { return layer::parse_oci_name(name).kind; }

/// Whether an entry is for AUFS alone. The files of its hard links are not: links of this layer lead to them.
bool is_bookkeeping(const util::RelPath& path, archive::EntryType type) {
  std::span names = path.components();
  const bool has_pseudo_links = names.size() > 1 && kind_of(names.front()) == layer::OciNameKind::pseudo_links;
  if (has_pseudo_links && type == archive::EntryType::file) names = names.subspan(1);
  return std::ranges::any_of(names, [](const std::string& name) {
    return kind_of(name) == layer::OciNameKind::metadata || kind_of(name) == layer::OciNameKind::pseudo_links;
  });
}

/// What the last component says. No file system can hold the others if they say anything.
layer::OciName name_of(const util::RelPath& path) {
  if (path.is_root()) return {};
  const auto is_whiteout = [](const std::string& name) {
    return kind_of(name) != layer::OciNameKind::plain && kind_of(name) != layer::OciNameKind::pseudo_links;
  };
  const std::span names = path.components();
  if (std::ranges::any_of(names.first(names.size() - 1), is_whiteout)) throw Error("the path leads through a whiteout");
  return layer::parse_oci_name(names.back());
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
  builder_.discard(layer::pseudo_links());
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
  const auto path = path_in_root(entry.path);
  if (is_bookkeeping(path, entry.type)) return;
  const auto name = naming(entry, [&] { return name_of(path); });
  const bool has_content = name.kind == layer::OciNameKind::plain && entry.type == archive::EntryType::file;
  const auto content = has_content ? read_content(entry.size) : tree::FileContent{};
  naming(entry, [&] {
    switch (name.kind) {
      case layer::OciNameKind::plain: add_node(path, entry, content); break;
      case layer::OciNameKind::whiteout: builder_.put_whiteout(sibling(path, name.target)); break;
      case layer::OciNameKind::opaque: builder_.put_opaque(sibling(path, "")); break;
      case layer::OciNameKind::pseudo_links:
      case layer::OciNameKind::metadata: break;  // is_bookkeeping
      case layer::OciNameKind::malformed: throw Error("the name is a whiteout of nothing");
    }
  });
}

void LayerExtractor::add_node(const util::RelPath& path, const archive::Entry& entry,
                              const tree::FileContent& content) {
  switch (entry.type) {
    case archive::EntryType::directory: builder_.put_directory(path, entry.metadata); break;
    case archive::EntryType::file: builder_.put_file(path, entry.metadata, content); break;
    case archive::EntryType::symlink: builder_.put_symlink(path, entry.metadata, entry.link_target); break;
    case archive::EntryType::hardlink: builder_.put_hardlink(path, path_in_root(entry.link_target)); break;
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
