// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

#include "builder_state.hpp"
#include "format.hpp"

namespace lamina::tree {

namespace {

using util::Error;

std::uint32_t index_of(std::size_t value, std::string_view what) {
  if (value > kMaxCount) throw Error(fmt::format("a tree holds at most {} {}", kMaxCount, what), EFBIG);
  return static_cast<std::uint32_t>(value);
}

template <typename Element>
void append(std::string& bytes, const Element* elements, std::size_t count) {
  bytes.append(reinterpret_cast<const char*>(elements), count * sizeof(Element));
  bytes.resize((bytes.size() + 7) / 8 * 8);
}

class Serialiser {
public:
  Serialiser(const Graph& graph, TreeKind kind) : graph_(graph), kind_(kind), numbers_(graph.size()) {
    order_.reserve(graph.size());
    inodes_.reserve(graph.size());
    entries_.reserve(graph.size());
    name_offsets_.reserve(graph.size());
    digest_indices_.reserve(graph.size());
  }

  std::string run() {
    number();
    name_offsets_.clear();  // a large part of the memory, and done with
    for (std::size_t i = 0; i < order_.size(); ++i) finish(inodes_[i], graph_.at(order_[i]));
    return assemble();
  }

private:
  void number();
  void add_entry(const std::string& name, NodeId child, std::uint32_t parent);
  void finish(InodeRecord& record, const Node& node);
  std::uint32_t add_name(std::string_view name);
  std::uint32_t add_text(std::string_view text);
  std::uint32_t add_content(const FileContent& content);
  std::uint32_t add_xattrs(std::uint32_t set);
  std::string assemble() const;

  const Graph& graph_;
  TreeKind kind_;
  std::vector<NodeId> order_;           ///< element N - 1 is the node of inode N
  std::vector<std::uint32_t> numbers_;  ///< by node: its inode, 0 while it has none
  std::vector<InodeRecord> inodes_;
  std::vector<EntryRecord> entries_;
  std::string names_;
  std::unordered_map<std::string_view, std::uint32_t> name_offsets_;
  std::vector<std::uint64_t> sizes_;
  std::vector<digest::Digest> digests_;
  std::unordered_map<digest::Digest, std::uint32_t> digest_indices_;
  std::string texts_;
  std::unordered_map<std::string_view, std::uint32_t> text_offsets_;
  std::vector<XattrSetRecord> xattr_sets_{XattrSetRecord{}};
  std::unordered_map<std::uint32_t, std::uint32_t> xattr_indices_{{0, 0}};  ///< by the graph's set
  std::vector<XattrRecord> xattrs_;
  std::uint64_t content_bytes_ = 0;
};

/// Gives the inodes their numbers, breadth-first, and writes all directory slices on the way.
void Serialiser::number() {
  numbers_[kRoot] = static_cast<std::uint32_t>(kRootIno);
  order_.push_back(kRoot);
  inodes_.emplace_back().parent = static_cast<std::uint32_t>(kRootIno);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (!graph_.at(order_[i]).is_directory()) continue;
    inodes_[i].a = index_of(entries_.size(), "names");
    for (const auto& [name, child] : graph_.children(order_[i])) {
      add_entry(name, child, static_cast<std::uint32_t>(i + 1));
    }
    inodes_[i].b = index_of(entries_.size() - inodes_[i].a, "names");
  }
}

void Serialiser::add_entry(const std::string& name, NodeId child, std::uint32_t parent) {
  std::uint32_t& number = numbers_[child];
  if (number == 0) {
    order_.push_back(child);
    number = index_of(order_.size(), "inodes");
    InodeRecord& record = inodes_.emplace_back();
    record.parent = parent;
    record.first_entry = index_of(entries_.size(), "names");
  }
  entries_.push_back({add_name(name), number});
}

void Serialiser::finish(InodeRecord& record, const Node& node) {
  record.mode = static_cast<std::uint16_t>(node.mode);
  record.marks = kind_ == TreeKind::layer ? static_cast<std::uint16_t>(node.marks) : std::uint16_t{0};
  record.uid = node.uid;
  record.gid = node.gid;
  record.nlink = node.names;
  record.seconds = node.mtime.seconds;
  record.nanoseconds = node.mtime.nanoseconds;
  record.xattr_set = add_xattrs(node.xattrs);
  if (const auto* children = std::get_if<Children>(&node.payload)) {
    record.nlink = 2;
    for (const auto& [name, child] : *children) {
      if (graph_.at(child).is_directory()) ++record.nlink;
    }
  } else if (const auto* content = std::get_if<FileContent>(&node.payload)) {
    record.a = add_content(*content);
  } else if (const auto* target = std::get_if<Target>(&node.payload)) {
    record.a = add_text(*target);
    record.b = index_of(target->size(), "bytes of link targets");
  } else if (const auto* device = std::get_if<util::Device>(&node.payload)) {
    record.a = device->major;
    record.b = device->minor;
  }
}

std::uint32_t Serialiser::add_name(std::string_view name) {
  const auto [place, is_new] = name_offsets_.try_emplace(name, index_of(names_.size(), "bytes of names"));
  if (is_new) {
    names_.push_back(static_cast<char>(name.size()));
    names_.append(name);
  }
  return place->second;
}

std::uint32_t Serialiser::add_text(std::string_view text) {
  const auto [place, is_new] = text_offsets_.try_emplace(text, index_of(texts_.size(), "bytes of text"));
  if (is_new) texts_.append(text);
  return place->second;
}

std::uint32_t Serialiser::add_content(const FileContent& content) {
  if (__builtin_add_overflow(content_bytes_, content.size, &content_bytes_)) {
    throw Error("the files of a tree are larger than 2^64 bytes together", EFBIG);
  }
  if (content.size == 0) return 0;
  const auto [place, is_new] = digest_indices_.try_emplace(content.digest, index_of(digests_.size() + 1, "contents"));
  if (is_new) {
    digests_.push_back(content.digest);
    sizes_.push_back(content.size);
  } else if (sizes_[place->second - 1] != content.size) {
    throw Error(fmt::format("content {} is said to have {} bytes and {} bytes", content.digest.str(),
                            sizes_[place->second - 1], content.size),
                EINVAL);
  }
  return place->second;
}

std::uint32_t Serialiser::add_xattrs(std::uint32_t set) {
  const auto [place, is_new] = xattr_indices_.try_emplace(set, index_of(xattr_sets_.size(), "sets of attributes"));
  if (!is_new) return place->second;
  const util::Xattrs& xattrs = graph_.xattr_set(set);
  xattr_sets_.push_back({index_of(xattrs_.size(), "attributes"), index_of(xattrs.size(), "attributes")});
  for (const auto& [name, value] : xattrs) {
    xattrs_.push_back({add_text(name), index_of(name.size(), "bytes of text"), add_text(value),
                       index_of(value.size(), "bytes of text")});
  }
  return place->second;
}

std::string Serialiser::assemble() const {
  (void)index_of(names_.size(), "bytes of names");
  (void)index_of(texts_.size(), "bytes of text");
  Header header;
  header.kind = static_cast<std::uint32_t>(kind_);
  header.content_bytes = content_bytes_;
  header.counts = {inodes_.size(), entries_.size(),    names_.size(),  sizes_.size(),
                   texts_.size(),  xattr_sets_.size(), xattrs_.size(), digests_.size()};
  std::string bytes;
  bytes.reserve(layout_of(header.counts).back());
  append(bytes, &header, 1);
  append(bytes, inodes_.data(), inodes_.size());
  append(bytes, entries_.data(), entries_.size());
  append(bytes, names_.data(), names_.size());
  append(bytes, sizes_.data(), sizes_.size());
  append(bytes, texts_.data(), texts_.size());
  append(bytes, xattr_sets_.data(), xattr_sets_.size());
  append(bytes, xattrs_.data(), xattrs_.size());
  append(bytes, digests_.data(), digests_.size());
  const digest::Digest checksum = digest::hash(util::as_bytes(bytes).subspan(kChecksumEnd));
  std::memcpy(bytes.data() + offsetof(Header, checksum), checksum.bytes().data(), digest::Digest::kSize);
  return bytes;
}

}  // namespace

std::string serialise(const Graph& graph, TreeKind kind) { return Serialiser(graph, kind).run(); }

}  // namespace lamina::tree
