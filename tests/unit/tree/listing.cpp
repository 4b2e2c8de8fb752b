// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include <sys/stat.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <lamina/digest/hasher.hpp>

namespace lamina::tree::test {

namespace {

std::map<digest::Digest, std::string>& contents() {
  static std::map<digest::Digest, std::string> known;
  return known;
}

std::string kind_of(const Tree& tree, Ino ino, const Inode& inode) {
  const std::uint32_t permissions = inode.mode & 07777;
  if (inode.has(Mark::whiteout)) return "whiteout";
  if (inode.has(Mark::link)) return fmt::format("link -> {}", tree.symlink_target(ino));
  switch (inode.mode & S_IFMT) {
    case S_IFDIR: return fmt::format("d{:o}", permissions);
    case S_IFLNK: return fmt::format("l{:o} -> {}", permissions, tree.symlink_target(ino));
    case S_IFIFO: return fmt::format("p{:o}", permissions);
    case S_IFSOCK: return fmt::format("s{:o}", permissions);
    case S_IFCHR: return fmt::format("c{:o} {}:{}", permissions, inode.rdev.major, inode.rdev.minor);
    case S_IFBLK: return fmt::format("b{:o} {}:{}", permissions, inode.rdev.major, inode.rdev.minor);
    case S_IFREG: break;
    default: return fmt::format("unknown {:o}", inode.mode);
  }
  const auto object = tree.object(ino);
  EXPECT_EQ(object.has_value(), inode.size != 0);
  const std::string text = object ? contents()[*object] : "";
  EXPECT_EQ(text.size(), inode.size);
  return fmt::format("f{:o} '{}'", permissions, text);
}

std::string describe(const Tree& tree, Ino ino) {
  const Inode inode = tree.inode(ino);
  std::string line = kind_of(tree, ino, inode);
  if (inode.has(Mark::opaque)) line += " opaque";
  if (inode.has(Mark::implied)) line += " implied";
  if (inode.nlink != (S_ISDIR(inode.mode) ? 2U : 1U)) line += fmt::format(" n{}", inode.nlink);
  if (inode.uid != 0 || inode.gid != 0) line += fmt::format(" own {}:{}", inode.uid, inode.gid);
  if (inode.mtime != util::Timestamp{}) {
    line += fmt::format(" at {}.{:09}", inode.mtime.seconds, inode.mtime.nanoseconds);
  }
  const util::Xattrs xattrs = tree.xattrs(ino);
  EXPECT_EQ(inode.has_xattrs, !xattrs.empty());
  for (const auto& [name, value] : xattrs) {
    line += fmt::format(" xattr {}={}", name, value);
    EXPECT_EQ(tree.find_xattr(ino, name), value);
  }
  return line;
}

void list_directory(const Tree& tree, Ino directory, const std::string& prefix, Listing& listing) {
  const std::uint64_t count = tree.entry_count(directory);
  for (std::uint64_t i = 0; i < count; ++i) {
    const DirEntry entry = tree.entry(directory, i);
    const std::string path = prefix + std::string(entry.name);
    std::string line = describe(tree, entry.ino);
    if (const std::string first = tree.path(entry.ino); first != path) line += " = " + first;
    listing.emplace(path, line);
    const auto found = tree.find(directory, entry.name);
    EXPECT_TRUE(found && found->ino == entry.ino) << path;
    EXPECT_EQ(entry.mode, tree.inode(entry.ino).mode);
    if (S_ISDIR(entry.mode)) list_directory(tree, entry.ino, path + '/', listing);
  }
}

}  // namespace

Listing list(const Tree& tree) {
  Listing listing{{".", describe(tree, kRootIno)}};
  list_directory(tree, kRootIno, "", listing);
  return listing;
}

FileContent content(std::string_view text) {
  const FileContent content{text.size(), digest::hash(util::as_bytes(text))};
  contents()[content.digest] = text;
  return content;
}

util::Metadata metadata(std::uint32_t permissions) {
  util::Metadata metadata;
  metadata.mode = permissions;
  return metadata;
}

util::RelPath path(std::string_view text) { return util::RelPath::parse(text); }

Layer& Layer::dir(std::string_view at, std::uint32_t permissions) {
  builder.put_directory(path(at), metadata(permissions));
  return *this;
}

Layer& Layer::file(std::string_view at, std::string_view text, std::uint32_t permissions) {
  builder.put_file(path(at), metadata(permissions), content(text));
  return *this;
}

Layer& Layer::symlink(std::string_view at, std::string_view target) {
  builder.put_symlink(path(at), metadata(0777), target);
  return *this;
}

Layer& Layer::link(std::string_view at, std::string_view target) {
  builder.put_hardlink(path(at), path(target));
  return *this;
}

Layer& Layer::whiteout(std::string_view at) {
  builder.put_whiteout(path(at));
  return *this;
}

Layer& Layer::opaque(std::string_view at) {
  builder.put_opaque(path(at));
  return *this;
}

Tree Layer::tree() const {
  Tree tree = Tree::from_bytes(builder.build(), "a test layer");
  tree.validate();
  return tree;
}

}  // namespace lamina::tree::test
