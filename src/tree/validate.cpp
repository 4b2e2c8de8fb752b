// SPDX-License-Identifier: Apache-2.0
#include <unordered_set>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

#include "mapped_tree.hpp"

namespace lamina::tree {

namespace {

constexpr std::uint32_t bit(Mark mark) { return static_cast<std::uint32_t>(mark); }

class Validation {
public:
  explicit Validation(const MappedTree& tree)
      : tree_(tree), names_(tree.count(Section::inodes)), has_first_(tree.count(Section::inodes)) {}

  void run() {
    check_checksum();
    check_digests();
    check_xattrs();
    for (Ino ino = kRootIno; ino <= tree_.count(Section::inodes); ++ino) check_inode(ino);
    if (next_entry_ != tree_.count(Section::entries)) tree_.damaged("some names belong to no directory");
    if (content_bytes_ != tree_.header.content_bytes) tree_.damaged("the sum of the file sizes is wrong");
    for (Ino ino = kRootIno + 1; ino <= tree_.count(Section::inodes); ++ino) check_names(ino);
  }

private:
  void check_checksum() const;
  void check_digests() const;
  void check_xattrs() const;
  void check_inode(Ino ino);
  void check_type(Ino ino, const InodeRecord& inode) const;
  void check_payload(Ino ino, const InodeRecord& inode);
  void check_directory(Ino ino, const InodeRecord& inode);
  void check_names(Ino ino) const;
  void require(bool holds, Ino ino, std::string_view fault) const {
    if (!holds) tree_.damaged(fmt::format("inode {} {}", ino, fault));
  }

  const MappedTree& tree_;
  std::vector<std::uint32_t> names_;  ///< entries that lead to each inode
  std::vector<bool> has_first_;       ///< was its first entry found where it says?
  std::uint64_t next_entry_ = 0;
  std::uint64_t content_bytes_ = 0;
};

void Validation::check_checksum() const {
  if (digest::hash(tree_.bytes.subspan(kChecksumEnd)) != digest::Digest(tree_.header.checksum)) {
    tree_.damaged("its checksum does not match");
  }
}

void Validation::check_digests() const {
  std::unordered_set<digest::Digest> seen(tree_.count(Section::digests));
  for (std::uint64_t i = 0; i < tree_.count(Section::digests); ++i) {
    if (!seen.insert(tree_.load<digest::Digest>(Section::digests, i)).second) tree_.damaged("a digest occurs twice");
    if (tree_.load<std::uint64_t>(Section::sizes, i) == 0) tree_.damaged("an empty content has a digest");
  }
}

void Validation::check_xattrs() const {
  const std::uint64_t sets = tree_.count(Section::xattr_sets);
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < sets; ++i) {
    const auto set = tree_.load<XattrSetRecord>(Section::xattr_sets, i);
    if (set.first != next || (set.count == 0) != (i == 0)) tree_.damaged("the sets of attributes are out of order");
    next += set.count;
    std::string_view previous;
    for (std::uint64_t k = set.first; k < next; ++k) {
      const auto xattr = tree_.load<XattrRecord>(Section::xattrs, k);
      const std::string_view name = tree_.xattr_name(xattr);
      if (name <= previous || name.find('\0') != std::string_view::npos) {
        tree_.damaged("the names of attributes are out of order");
      }
      (void)tree_.xattr_value(xattr);
      previous = name;
    }
  }
  if (sets == 0 || next != tree_.count(Section::xattrs)) tree_.damaged("some attributes belong to no set");
}

void Validation::check_inode(Ino ino) {
  const InodeRecord inode = tree_.record(ino);
  check_type(ino, inode);
  check_payload(ino, inode);
  require(ino == kRootIno ? inode.parent == kRootIno : inode.parent != 0 && inode.parent < ino, ino,
          "has an impossible parent");
  require(inode.nanoseconds < kNanosecondsPerSecond, ino, "has an impossible time");
  require(inode.xattr_set < tree_.count(Section::xattr_sets), ino, "has attributes that do not exist");
}

void Validation::check_type(Ino ino, const InodeRecord& inode) const {
  const bool is_layer = tree_.header.kind == static_cast<std::uint32_t>(TreeKind::layer);
  require(is_layer || inode.marks == 0, ino, "has marks in a merged tree");
  if (inode.mode == 0) {
    require(inode.marks == bit(Mark::whiteout) || inode.marks == bit(Mark::link), ino, "has no type");
    return;
  }
  const std::uint32_t allowed = S_ISDIR(inode.mode) ? bit(Mark::opaque) | bit(Mark::implied) : 0;
  require((inode.marks & ~allowed) == 0, ino, "has marks that do not go with its type");
  require(ino != kRootIno || S_ISDIR(inode.mode), ino, "is the root and not a directory");
}

void Validation::check_payload(Ino ino, const InodeRecord& inode) {
  switch (inode.mode & S_IFMT) {
    case S_IFDIR: check_directory(ino, inode); break;
    case S_IFREG:
      if (inode.a != 0 && __builtin_add_overflow(content_bytes_, tree_.load<std::uint64_t>(Section::sizes, inode.a - 1),
                                                 &content_bytes_)) {
        tree_.damaged("the sum of the file sizes is out of range");
      }
      break;
    case S_IFLNK:
    case 0:
      require(tree_.target(inode).empty() == ((inode.marks & bit(Mark::whiteout)) != 0), ino, "has no target");
      break;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK: break;
    default: require(false, ino, "has an unknown type");
  }
}

void Validation::check_directory(Ino ino, const InodeRecord& inode) {
  const Slice slice = tree_.slice(ino);
  require(slice.first == next_entry_, ino, "does not have the next names");
  next_entry_ += slice.count;
  std::uint32_t nlink = 2;
  std::string_view previous;
  for (std::uint64_t index = slice.first; index < next_entry_; ++index) {
    const DirEntry entry = tree_.entry(ino, index);
    require(previous < entry.name, ino, "has its names out of order");
    previous = entry.name;
    if (S_ISDIR(entry.mode)) ++nlink;
    ++names_[entry.ino - 1];
    const InodeRecord child = tree_.record(entry.ino);
    if (child.first_entry == index && child.parent == ino) has_first_[entry.ino - 1] = true;
  }
  require(inode.nlink == nlink, ino, "has a wrong link count");
}

void Validation::check_names(Ino ino) const {
  require(has_first_[ino - 1], ino, "is not where its parent has it");
  const InodeRecord inode = tree_.record(ino);
  require(S_ISDIR(inode.mode) || inode.nlink == names_[ino - 1], ino, "has a wrong link count");
}

}  // namespace

void validate_tree(const MappedTree& tree) { Validation(tree).run(); }

}  // namespace lamina::tree
