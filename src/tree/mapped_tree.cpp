// SPDX-License-Identifier: Apache-2.0
#include "mapped_tree.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/mman.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

namespace lamina::tree {

using util::Error;

namespace {
constexpr std::uint64_t kFetchedAtOpen = 8U << 20U;  // bytes: the tree of some 70,000 files
}

Mapping::Mapping(const util::Fd& file, std::uint64_t size, std::string_view what) {
  if (size == 0) return;  // mmap refuses it; the header check says what is wrong
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (start == MAP_FAILED) throw Error::from_errno(fmt::format("mapping {}", what));
  // Fetches the tree of a usual image in one go and costs a large one nothing; from there on the kernel's own
  // read-ahead follows the walk. Only a hint, so a refusal does not matter.
  (void)::madvise(start, std::min(size, kFetchedAtOpen), MADV_WILLNEED);
  bytes_ = {static_cast<const std::byte*>(start), size};
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

MappedTree::MappedTree(Mapping file, std::string name)
    : mapping(std::move(file)), bytes(mapping.bytes()), what(std::move(name)) {
  read_header();
}

MappedTree::MappedTree(std::string content, std::string name)
    : owned(std::move(content)), bytes(util::as_bytes(owned)), what(std::move(name)) {
  read_header();
}

void MappedTree::read_header() {
  if (bytes.size() < sizeof(Header)) damaged("it is too short for a tree");
  std::memcpy(&header, bytes.data(), sizeof(Header));
  if (header.magic != kMagic) damaged("it does not begin as a tree");
  if (header.version != kVersion) {
    throw Error(
        fmt::format("{} is a tree of version {}; this lamina reads version {}", what, header.version, kVersion));
  }
  if (header.kind != static_cast<std::uint32_t>(TreeKind::layer) &&
      header.kind != static_cast<std::uint32_t>(TreeKind::merged)) {
    damaged(fmt::format("it is of the unknown kind {}", header.kind));
  }
  if (std::ranges::any_of(header.counts, [](std::uint64_t count) { return count > kMaxCount; })) {
    damaged("a section is too large");
  }
  starts = layout_of(header.counts);
  if (starts.back() != bytes.size()) {
    damaged(fmt::format("it should have {} bytes and has {}", starts.back(), bytes.size()));
  }
  if (count(Section::inodes) == 0) damaged("it has no root");
  if (count(Section::sizes) != count(Section::digests)) damaged("digests and sizes differ in number");
}

void MappedTree::damaged(const std::string& why) const {
  throw Error(fmt::format("{} is damaged: {}", what, why), EIO);
}

void MappedTree::out_of_bounds(Section section, std::uint64_t index) const {
  static constexpr std::array<std::string_view, kSectionCount> kNames{"inode", "entry",     "name",  "size",
                                                                      "text",  "xattr set", "xattr", "digest"};
  damaged(fmt::format("there is no {} {}", kNames[static_cast<std::size_t>(section)], index));
}

std::string_view MappedTree::text(Section section, std::uint64_t offset, std::uint64_t length) const {
  const std::uint64_t size = count(section);
  if (offset > size || length > size - offset) out_of_bounds(section, offset);
  return {reinterpret_cast<const char*>(begin(section)) + offset, length};
}

std::string_view MappedTree::name_at(std::uint64_t offset) const {
  return text(Section::names, offset + 1, load<std::uint8_t>(Section::names, offset));
}

InodeRecord MappedTree::record(Ino ino) const { return load<InodeRecord>(Section::inodes, ino - 1); }

Slice MappedTree::slice(Ino directory) const {
  const InodeRecord inode = record(directory);
  if (!S_ISDIR(inode.mode)) throw Error(fmt::format("inode {} of {} is not a directory", directory, what), ENOTDIR);
  const Slice slice{inode.a, inode.b};
  if (slice.first + slice.count > count(Section::entries)) out_of_bounds(Section::entries, slice.first + slice.count);
  return slice;
}

DirEntry MappedTree::entry(Ino directory, std::uint64_t index) const {
  const auto stored = load<EntryRecord>(Section::entries, index);
  const InodeRecord child = record(stored.ino);
  if (S_ISDIR(child.mode) && (stored.ino <= directory || child.parent != directory || child.first_entry != index)) {
    damaged(fmt::format("directory {} does not belong to directory {}", stored.ino, directory));
  }
  const std::string_view name = name_at(stored.name);
  if (!util::is_valid_name(name)) damaged(fmt::format("'{}' is no name", util::printable(name)));
  return {name, stored.ino, child.mode};
}

Slice MappedTree::xattr_slice(const InodeRecord& inode) const {
  const auto set = load<XattrSetRecord>(Section::xattr_sets, inode.xattr_set);
  const Slice slice{set.first, set.count};
  if (slice.first + slice.count > count(Section::xattrs)) out_of_bounds(Section::xattrs, slice.first + slice.count);
  return slice;
}

}  // namespace lamina::tree
