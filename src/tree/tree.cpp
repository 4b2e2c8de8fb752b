// SPDX-License-Identifier: Apache-2.0
#include <lamina/tree/tree.hpp>

#include <cerrno>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "mapped_tree.hpp"

namespace lamina::tree {

using util::Error;

Tree::Tree(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;
Tree::~Tree() = default;

Tree Tree::open(const util::Fd& file, const std::string& what) {
  return Tree(std::make_unique<const State>(Mapping(file, util::file_size(file, what), what), what));
}

Tree Tree::from_bytes(std::string bytes, const std::string& what) {
  return Tree(std::make_unique<const State>(std::move(bytes), what));
}

TreeKind Tree::kind() const noexcept { return static_cast<TreeKind>(state_->header.kind); }
std::uint64_t Tree::inode_count() const noexcept { return state_->count(Section::inodes); }
std::uint64_t Tree::content_bytes() const noexcept { return state_->header.content_bytes; }
bool Tree::has_xattrs() const noexcept { return state_->count(Section::xattrs) != 0; }
util::Bytes Tree::bytes() const noexcept { return state_->bytes; }

Inode Tree::inode(Ino ino) const {
  const InodeRecord record = state_->record(ino);
  Inode inode;
  inode.mode = record.mode;
  inode.uid = record.uid;
  inode.gid = record.gid;
  inode.nlink = record.nlink;
  inode.mtime = {record.seconds, record.nanoseconds};
  inode.marks = record.marks;
  inode.has_xattrs = record.xattr_set != 0;
  if (S_ISREG(record.mode) && record.a != 0) inode.size = digest_size(record.a - 1);
  if (S_ISLNK(record.mode)) inode.size = record.b;
  if (S_ISCHR(record.mode) || S_ISBLK(record.mode)) inode.rdev = {record.a, record.b};
  return inode;
}

std::optional<DirEntry> Tree::find(Ino directory, std::string_view name) const {
  const Slice slice = state_->slice(directory);
  std::uint64_t low = slice.first;
  std::uint64_t high = slice.first + slice.count;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const int order = state_->name_at(state_->load<EntryRecord>(Section::entries, middle).name).compare(name);
    if (order == 0) return state_->entry(directory, middle);
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

std::uint64_t Tree::entry_count(Ino directory) const { return state_->slice(directory).count; }

DirEntry Tree::entry(Ino directory, std::uint64_t index) const {
  const Slice slice = state_->slice(directory);
  if (index >= slice.count) {
    throw Error(fmt::format("directory {} of {} has no entry {}", directory, state_->what, index), EINVAL);
  }
  return state_->entry(directory, slice.first + index);
}

Ino Tree::parent(Ino ino) const {
  const Ino parent = state_->record(ino).parent;
  // Walks towards the root end because every step goes to a smaller number.
  if (ino == kRootIno ? parent != kRootIno : parent == 0 || parent >= ino) {
    state_->damaged(fmt::format("inode {} has the parent {}", ino, parent));
  }
  return parent;
}

std::string_view Tree::name(Ino ino) const {
  if (ino == kRootIno) return {};
  return state_->entry(parent(ino), state_->record(ino).first_entry).name;
}

std::string Tree::path(Ino ino) const {
  std::vector<std::string_view> names;
  for (; ino != kRootIno; ino = parent(ino)) names.push_back(name(ino));
  return fmt::format("{}", fmt::join(names.rbegin(), names.rend(), "/"));
}

std::optional<digest::Digest> Tree::object(Ino file) const {
  const InodeRecord record = state_->record(file);
  if (!S_ISREG(record.mode)) {
    throw Error(fmt::format("inode {} of {} is not a regular file", file, state_->what), EINVAL);
  }
  if (record.a == 0) return std::nullopt;
  return digest_at(record.a - 1);
}

std::string_view Tree::symlink_target(Ino ino) const {
  const InodeRecord record = state_->record(ino);
  if (!S_ISLNK(record.mode) && (record.marks & static_cast<std::uint32_t>(Mark::link)) == 0) {
    throw Error(fmt::format("inode {} of {} is not a symbolic link", ino, state_->what), EINVAL);
  }
  return state_->target(record);
}

std::optional<std::string_view> Tree::find_xattr(Ino ino, std::string_view name) const {
  const InodeRecord record = state_->record(ino);
  if (record.xattr_set == 0) return std::nullopt;
  const Slice slice = state_->xattr_slice(record);
  for (std::uint64_t i = 0; i < slice.count; ++i) {
    const auto xattr = state_->load<XattrRecord>(Section::xattrs, slice.first + i);
    if (state_->xattr_name(xattr) == name) return state_->xattr_value(xattr);
  }
  return std::nullopt;
}

util::Xattrs Tree::xattrs(Ino ino) const {
  util::Xattrs xattrs;
  const InodeRecord record = state_->record(ino);
  if (record.xattr_set == 0) return xattrs;
  const Slice slice = state_->xattr_slice(record);
  for (std::uint64_t i = 0; i < slice.count; ++i) {
    const auto xattr = state_->load<XattrRecord>(Section::xattrs, slice.first + i);
    xattrs.emplace_hint(xattrs.end(), state_->xattr_name(xattr), state_->xattr_value(xattr));
  }
  return xattrs;
}

std::uint64_t Tree::digest_count() const noexcept { return state_->count(Section::digests); }

const digest::Digest& Tree::digest_at(std::uint64_t index) const {
  static_assert(sizeof(digest::Digest) == digest::Digest::kSize && alignof(digest::Digest) == 1);
  if (index >= digest_count()) state_->damaged(fmt::format("there is no digest {}", index));
  return *(reinterpret_cast<const digest::Digest*>(state_->begin(Section::digests)) + index);
}

void Tree::validate() const { validate_tree(*state_); }

std::uint64_t Tree::digest_size(std::uint64_t index) const {
  return state_->load<std::uint64_t>(Section::sizes, index);
}

}  // namespace lamina::tree
