// SPDX-License-Identifier: Apache-2.0
// The form of a tree on disk, version 1. Little-endian; every section begins at a multiple of 8, in this order:
//
//   Header        magic, checksum, version, kind, content bytes, one count per section
//   inodes        48 bytes each; number N (root = 1) is element N - 1, numbered breadth-first
//   entries        8 bytes each; a directory's slice is sorted by name bytes, slices follow in order of their inodes
//   names         one byte of length, then that many bytes; equal names once
//   sizes          8 bytes each: content size of the digest with the same index
//   texts         symlink and link targets, xattr names and values, back to back
//   xattr sets     8 bytes each: a slice of xattrs; set 0 is the empty one; equal sets once
//   xattrs        16 bytes each: name and value in texts; a set's slice is sorted by name bytes
//   digests       32 bytes each, each once; last, since only opening a file needs one
//
//   inode ──┬─ first_entry ──▶ entry ──▶ name, inode          first name of the node, in the slice of its parent
//           ├─ xattr_set ────▶ xattr set ──▶ xattrs ──▶ texts
//           └─ a, b:  directory      first entry, number of entries
//                     regular file   index of digest and size plus 1 (0: empty), unused
//                     symlink, link  offset and length in texts
//                     device         major, minor
//
// Breadth-first numbering keeps the children of a directory together, so that reading a directory with attributes
// goes through inodes, entries, names and sizes from front to back. It also gives the order that rules cycles out:
// a node's parent has a smaller number than the node, and a directory is named by exactly one entry.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <lamina/digest/digest.hpp>

namespace lamina::tree {

static_assert(std::endian::native == std::endian::little, "trees are mapped as they are");

enum class Section : std::size_t { inodes, entries, names, sizes, texts, xattr_sets, xattrs, digests };
inline constexpr std::size_t kSectionCount = 8;

using Counts = std::array<std::uint64_t, kSectionCount>;  ///< elements of each section; bytes for names and texts

inline constexpr std::array<char, 8> kMagic{'l', 'a', 'm', 't', 'r', 'e', 'e', '\n'};
inline constexpr std::uint32_t kVersion = 1;

struct Header {
  std::array<char, 8> magic = kMagic;
  std::array<std::byte, digest::Digest::kSize> checksum{};  ///< SHA-256 of all bytes behind this field
  std::uint32_t version = kVersion;
  std::uint32_t kind = 0;
  std::uint64_t content_bytes = 0;
  Counts counts{};
};
inline constexpr std::size_t kChecksumEnd = offsetof(Header, version);

struct InodeRecord {
  std::uint16_t mode = 0;
  std::uint16_t marks = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t nlink = 0;
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::uint32_t xattr_set = 0;
  std::uint32_t parent = 0;
  std::uint32_t first_entry = 0;  ///< unused for the root
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

struct EntryRecord {
  std::uint32_t name = 0;  ///< offset in names
  std::uint32_t ino = 0;
};

struct XattrSetRecord {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct XattrRecord {
  std::uint32_t name = 0;
  std::uint32_t name_length = 0;
  std::uint32_t value = 0;
  std::uint32_t value_length = 0;
};

inline constexpr std::array<std::uint64_t, kSectionCount> kElementSize{
    sizeof(InodeRecord), sizeof(EntryRecord),  1, sizeof(std::uint64_t), 1, sizeof(XattrSetRecord),
    sizeof(XattrRecord), digest::Digest::kSize};
static_assert(sizeof(Header) == 120 && sizeof(InodeRecord) == 48 && sizeof(EntryRecord) == 8 &&
              sizeof(XattrSetRecord) == 8 && sizeof(XattrRecord) == 16);

inline constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;

/// No count may exceed this: indices and offsets have 32 bits. It also keeps every sum of layout_of() far below 2^64.
inline constexpr std::uint64_t kMaxCount = std::numeric_limits<std::uint32_t>::max();

/// Where each section begins in the file; the element behind the last is the file's size.
constexpr std::array<std::uint64_t, kSectionCount + 1> layout_of(const Counts& counts) noexcept {
  std::array<std::uint64_t, kSectionCount + 1> starts{};
  starts[0] = sizeof(Header);
  for (std::size_t i = 0; i < kSectionCount; ++i) {
    starts[i + 1] = (starts[i] + counts[i] * kElementSize[i] + 7) / 8 * 8;
  }
  return starts;
}

}  // namespace lamina::tree
