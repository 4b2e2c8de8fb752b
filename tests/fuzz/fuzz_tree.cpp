// SPDX-License-Identifier: Apache-2.0
// A hostile tree file: every accessor answers or throws Error, no walk is endless, and what validate() accepts can be
// read to the end without an Error and merged into a tree that is valid again.
#include <cstring>
#include <vector>

#include <sys/stat.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/tree/merge.hpp>
#include <lamina/tree/tree.hpp>

#include "format.hpp"
#include "fuzz.hpp"
#include "lower.hpp"

namespace lamina::fuzz {
namespace {

using tree::Ino;
using tree::Tree;

constexpr std::size_t kMaxRepaired = 16U << 10U;

/// The input with what no mutation gets right: magic, version, sizes that fit the file, and the checksum.
std::optional<std::string> repair(std::string bytes) {
  tree::Header header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.magic = tree::kMagic;
  header.version = tree::kVersion;
  for (std::uint64_t& count : header.counts) count %= kMaxRepaired;
  header.counts[static_cast<std::size_t>(tree::Section::sizes)] =
      header.counts[static_cast<std::size_t>(tree::Section::digests)];
  const std::uint64_t size = tree::layout_of(header.counts).back();
  if (size > kMaxRepaired) return std::nullopt;
  bytes.resize(size);
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = digest::hash(util::as_bytes(bytes).subspan(tree::kChecksumEnd)).bytes();
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

/// What goes with the inode's type.
void ask(const Tree& tree, Ino ino) {
  attempt([&] { return tree.parent(ino); });
  attempt([&] { return tree.path(ino); });
  attempt([&] { return tree.xattrs(ino); });
  attempt([&] { return tree.find_xattr(ino, "user.b"); });
  const auto inode = attempt([&] { return tree.inode(ino); });
  if (!inode) return;
  if (S_ISREG(inode->mode)) attempt([&] { return tree.object(ino); });
  if (S_ISLNK(inode->mode)) attempt([&] { return tree.symlink_target(ino).size(); });
  if (S_ISDIR(inode->mode)) attempt([&] { return tree.find(ino, "one"); });
}

/// And what does not; of a few inodes, as every Error takes its time.
void ask_anything(const Tree& tree, Ino ino) {
  ask(tree, ino);
  attempt([&] { return tree.object(ino); });
  attempt([&] { return tree.symlink_target(ino).size(); });
  attempt([&] { return tree.find(ino, "one"); });
  attempt([&] { return tree.entry(ino, 0).ino; });
  if (const auto name = attempt([&] { return tree.name(ino); })) {
    attempt([&] { return find_path(tree, *name, tree::FollowLast::yes); });
  }
}

void walk_damaged(const Tree& tree) {
  for (const Ino ino : {Ino{0}, tree::kRootIno, Ino{2}, Ino{3}, tree.inode_count(), tree.inode_count() + 1}) {
    ask_anything(tree, ino);
  }
  for (Ino ino = tree::kRootIno; ino <= tree.inode_count(); ++ino) ask(tree, ino);
  for (std::uint64_t i = 0; i <= tree.digest_count(); ++i) {
    attempt([&] { return tree.digest_at(i); });
    attempt([&] { return tree.digest_size(i); });
  }
  std::vector<Ino> pending{tree::kRootIno};
  for (std::uint64_t directories = 1; !pending.empty(); ++directories) {
    require(directories <= tree.inode_count(), "no directory is met twice on a walk");
    const Ino directory = pending.back();
    pending.pop_back();
    const std::uint64_t count = attempt([&] { return tree.entry_count(directory); }).value_or(0);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto entry = attempt([&] { return tree.entry(directory, i); });
      if (entry && S_ISDIR(entry->mode)) pending.push_back(entry->ino);
    }
  }
}

void check_inode(const Tree& tree, Ino ino) {
  const tree::Inode inode = tree.inode(ino);
  const auto found = find_path(tree, tree.path(ino), tree::FollowLast::no);
  require(found == ino, "an inode's path leads to it");
  const util::Xattrs xattrs = tree.xattrs(ino);
  require(inode.has_xattrs != xattrs.empty(), "an inode says whether it has attributes");
  for (const auto& [name, value] : xattrs) require(tree.find_xattr(ino, name) == value, "each attribute is found");
  if (S_ISREG(inode.mode)) require(tree.object(ino).has_value() == (inode.size != 0), "a file has an object");
  if (S_ISLNK(inode.mode)) require(tree.symlink_target(ino).size() == inode.size, "a link's size is its target's");
  if (!S_ISDIR(inode.mode)) return;
  for (std::uint64_t i = 0; i < tree.entry_count(ino); ++i) {
    const tree::DirEntry entry = tree.entry(ino, i);
    const auto by_name = tree.find(ino, entry.name);
    require(by_name && by_name->ino == entry.ino, "each name of a directory is found");
    require(entry.mode == tree.inode(entry.ino).mode, "a name knows its inode's type");
  }
}

/// A valid tree gives no Error.
int read_valid(const Tree& tree) {
  for (Ino ino = tree::kRootIno; ino <= tree.inode_count(); ++ino) check_inode(tree, ino);
  for (std::uint64_t i = 0; i < tree.digest_count(); ++i) {
    require(tree.digest_at(i) != digest::Digest() || tree.digest_size(i) != 0, "a digest has content");
  }
  return 0;
}

void examine(const std::string& bytes) {
  const auto tree = attempt([&] { return Tree::from_bytes(bytes, "the input"); });
  if (!tree) return;
  walk_damaged(*tree);
  const bool is_valid = attempt([&] { return tree->validate(), true; }).has_value();
  if (is_valid) must("a valid tree can be read", [&] { return read_valid(*tree); });
  const std::vector<const Tree*> layers{&lower(), &*tree};
  const auto merged = attempt([&] { return tree::merge(layers); });
  if (!merged || !is_valid) return;
  must("a valid layer merges into a valid tree", [&] {
    const Tree result = Tree::from_bytes(*merged, "the merged tree");
    result.validate();
    return read_valid(result);
  });
}

}  // namespace
}  // namespace lamina::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(lamina::fuzz::as_text(data, size));
  lamina::fuzz::examine(bytes);
  if (const auto repaired = lamina::fuzz::repair(bytes)) lamina::fuzz::examine(*repaired);
  return 0;
}
