// SPDX-License-Identifier: Apache-2.0
// MappedTree: the bytes of a tree and the checked ways into them; what the accessors and validate() share.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include <lamina/tree/tree.hpp>

#include "format.hpp"

namespace lamina::tree {

/// A read-only mapping of a whole file.
class Mapping {
public:
  Mapping() = default;
  Mapping(const util::Fd& file, std::uint64_t size, std::string_view what);
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();

  util::Bytes bytes() const noexcept { return bytes_; }

private:
  util::Bytes bytes_;
};

/// A run of elements of one section, inside its bounds.
struct Slice {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

struct MappedTree {
  MappedTree(Mapping mapping, std::string what);
  MappedTree(std::string bytes, std::string what);

  std::uint64_t count(Section section) const noexcept { return header.counts[static_cast<std::size_t>(section)]; }
  /// Throws Error (EIO): "`what` is damaged: `why`".
  [[noreturn]] void damaged(const std::string& why) const;

  template <typename Record>
  Record load(Section section, std::uint64_t index) const {
    if (index >= count(section)) out_of_bounds(section, index);
    Record record;
    std::memcpy(&record, begin(section) + index * sizeof(Record), sizeof(Record));
    return record;
  }
  std::string_view text(Section section, std::uint64_t offset, std::uint64_t length) const;
  std::string_view name_at(std::uint64_t offset) const;

  InodeRecord record(Ino ino) const;
  std::string_view target(const InodeRecord& record) const { return text(Section::texts, record.a, record.b); }
  /// A directory's entries. Throws Error (ENOTDIR) for another type.
  Slice slice(Ino directory) const;
  /// Entry `index` of the section, which belongs to `directory`. A subdirectory must point back to exactly this entry
  /// and have a greater number: so no walk from the root ever meets a directory twice.
  DirEntry entry(Ino directory, std::uint64_t index) const;
  Slice xattr_slice(const InodeRecord& record) const;
  std::string_view xattr_name(const XattrRecord& xattr) const {
    return text(Section::texts, xattr.name, xattr.name_length);
  }
  std::string_view xattr_value(const XattrRecord& xattr) const {
    return text(Section::texts, xattr.value, xattr.value_length);
  }
  const std::byte* begin(Section section) const noexcept {
    return bytes.data() + starts[static_cast<std::size_t>(section)];
  }

  std::string owned;
  Mapping mapping;
  util::Bytes bytes;
  std::string what;
  Header header;
  std::array<std::uint64_t, kSectionCount + 1> starts{};

private:
  void read_header();
  [[noreturn]] void out_of_bounds(Section section, std::uint64_t index) const;
};

struct Tree::State : MappedTree {
  using MappedTree::MappedTree;
};

/// Reads everything and throws Error (EIO) on the first fault.
void validate_tree(const MappedTree& tree);

}  // namespace lamina::tree
