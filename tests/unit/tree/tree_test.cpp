// SPDX-License-Identifier: Apache-2.0
// What goes into a builder comes out of the tree.
#include <lamina/tree/tree.hpp>

#include <cerrno>
#include <functional>
#include <limits>
#include <set>

#include <sys/mman.h>
#include <sys/stat.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

#include "listing.hpp"

namespace lamina::tree::test {
namespace {

using util::Error;

Tree tree_of(const TreeBuilder& builder) {
  Tree tree = Tree::from_bytes(builder.build(), "a test tree");
  tree.validate();
  return tree;
}

int code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return 0;
}

TEST(Tree, OpensAFile) {
  const std::string bytes = std::move(Layer().file("a/b", "x")).builder.build();
  const util::Fd file(::memfd_create("tree", MFD_CLOEXEC));
  util::write_all(file, util::as_bytes(bytes), "test");
  Tree tree = Tree::open(file, "a mapped tree");
  tree.validate();
  EXPECT_EQ(util::as_text(tree.bytes()), bytes);
  const Tree moved = std::move(tree);
  EXPECT_EQ(list(moved).at("a/b"), "f644 'x'");
  EXPECT_EQ(moved.kind(), TreeKind::layer);
}

TEST(Tree, RefusesWhatIsNoTree) {
  const util::Fd file(::memfd_create("tree", MFD_CLOEXEC));
  EXPECT_EQ(code_of([&] { Tree::open(file, "an empty file"); }), EIO);
  util::write_all(file, util::as_bytes(std::string(4096, 'x')), "test");
  EXPECT_EQ(code_of([&] { Tree::open(file, "another file"); }), EIO);
}

TEST(Tree, KeepsOwnersModesAndTimes) {
  TreeBuilder builder(TreeKind::layer);
  util::Metadata odd;
  odd.mode = S_IFREG | 07777;
  odd.uid = 3'000'000'000;
  odd.gid = std::numeric_limits<std::uint32_t>::max();
  odd.mtime = {-1'234'567'890'123, 999'999'999};
  builder.put_file(path("a"), odd, content("x"));
  odd.mtime.seconds = std::numeric_limits<std::int64_t>::min();
  builder.put_symlink(path("b"), odd, "target");
  const Tree tree = tree_of(builder);
  const Inode a = tree.inode(tree.find(kRootIno, "a")->ino);
  EXPECT_EQ(a.mode, S_IFREG | 07777U);
  EXPECT_EQ(a.uid, 3'000'000'000U);
  EXPECT_EQ(a.gid, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(a.mtime, (util::Timestamp{-1'234'567'890'123, 999'999'999}));
  const Inode b = tree.inode(tree.find(kRootIno, "b")->ino);
  EXPECT_EQ(b.mtime.seconds, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(b.size, 6U);
}

TEST(Tree, TypeComesFromTheCall) {
  TreeBuilder builder(TreeKind::layer);
  builder.put_file(path("a"), metadata(S_IFDIR | 0640), content(""));
  EXPECT_EQ(list(tree_of(builder)).at("a"), "f640 ''");
}

TEST(Tree, KeepsDevices) {
  TreeBuilder builder(TreeKind::layer);
  util::Metadata device = metadata(S_IFBLK | 0660);
  device.rdev = {4095, 0xffffffff};
  builder.put_special(path("b"), device);
  device.mode = S_IFCHR | 0600;
  device.rdev = {0, 0};
  builder.put_special(path("c"), device);
  builder.put_special(path("s"), metadata(S_IFSOCK | 0644));
  const Listing listing = list(tree_of(builder));
  EXPECT_EQ(listing.at("b"), "b660 4095:4294967295");
  EXPECT_EQ(listing.at("c"), "c600 0:0");
  EXPECT_EQ(listing.at("s"), "s644");
}

TEST(Tree, NamesAreBytesInByteOrder) {
  const std::vector<std::string> names{"\x01", " ", "A", "a", "a\n", "a-", "aa", "\x7f", "\xc3\xa4", "\xff\xfe"};
  Layer layer;
  for (auto name = names.rbegin(); name != names.rend(); ++name) layer.file(*name, *name);
  const Tree tree = layer.tree();
  ASSERT_EQ(tree.entry_count(kRootIno), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(tree.entry(kRootIno, i).name, names[i]);
  EXPECT_FALSE(tree.find(kRootIno, ""));
  EXPECT_FALSE(tree.find(kRootIno, "\xff"));
  EXPECT_FALSE(tree.find(kRootIno, ".."));
}

TEST(Tree, LongNamesAndTargets) {
  const std::string name(255, 'n');
  const std::string target(4095, 't');
  const Listing listing = Layer().file(name, "x").symlink("s", target).list();
  EXPECT_EQ(listing.at(name), "f644 'x'");
  EXPECT_EQ(listing.at("s"), "l777 -> " + target);
}

TEST(Tree, TwentyThousandNames) {
  Layer layer;
  for (int i = 0; i < 20'000; ++i) layer.file(fmt::format("dir/{}", i * 7919 % 20'000), "");
  const Tree tree = layer.tree();
  const Ino directory = tree.find(kRootIno, "dir")->ino;
  EXPECT_EQ(tree.entry_count(directory), 20'000U);
  for (int i = 0; i < 20'000; ++i) {
    const auto entry = tree.find(directory, fmt::format("{}", i));
    ASSERT_TRUE(entry);
    EXPECT_EQ(tree.name(entry->ino), fmt::format("{}", i));
  }
  EXPECT_FALSE(tree.find(directory, "20000"));
}

TEST(Tree, DepthHasNoLimit) {
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "d/";
  Layer layer;
  layer.file(deep + "f", "x");
  const Tree tree = layer.tree();
  EXPECT_EQ(tree.path(tree.inode_count()), deep + "f");
  EXPECT_TRUE(find_path(tree, deep + "f", FollowLast::no));
  TreeBuilder merged(TreeKind::merged);
  merged.apply(tree);
  merged.apply(Layer().link("f", deep + "f").whiteout("d").tree());
  EXPECT_EQ(list(tree_of(merged)), (Listing{{".", "d755"}, {"f", "f644 'x'"}}));
}

TEST(Tree, XattrsAreBytes) {
  TreeBuilder builder(TreeKind::layer);
  util::Metadata with = metadata(0644);
  with.xattrs = {{"security.capability", std::string("\x01\0\0\x02\xff", 5)},
                 {"user.empty", ""},
                 {"user.large", std::string(65536, '\0')}};
  builder.put_file(path("a"), with, content(""));
  builder.put_file(path("b"), with, content(""));
  builder.put_file(path("c"), metadata(0644), content(""));
  const Tree tree = tree_of(builder);
  EXPECT_TRUE(tree.has_xattrs());
  for (const Ino ino : {Ino{2}, Ino{3}}) {
    EXPECT_TRUE(tree.inode(ino).has_xattrs);
    EXPECT_EQ(tree.xattrs(ino), with.xattrs);
    EXPECT_EQ(tree.find_xattr(ino, "security.capability"), std::string_view("\x01\0\0\x02\xff", 5));
    EXPECT_EQ(tree.find_xattr(ino, "user.empty"), "");
    EXPECT_FALSE(tree.find_xattr(ino, "user"));
  }
  EXPECT_FALSE(tree.inode(4).has_xattrs);
  EXPECT_FALSE(tree.find_xattr(4, "user.empty"));
  EXPECT_LT(tree.bytes().size(), 2 * 65536U) << "equal sets are stored once";
}

TEST(Tree, AttributesOfReplacedNodesLeaveNoTrace) {
  TreeBuilder builder(TreeKind::layer);
  util::Metadata with = metadata(0644);
  with.xattrs = {{"user.a", "1"}};
  builder.put_file(path("a"), with, content("gone"));
  builder.put_file(path("a"), metadata(0644), content("here"));
  const Tree tree = tree_of(builder);
  EXPECT_FALSE(tree.has_xattrs());
  EXPECT_EQ(tree.digest_count(), 1U);
}

TEST(Tree, ListsEveryObjectOnce) {
  const Tree tree = Layer().file("a", "one").file("b", "one").file("c", "three").file("d", "").link("e", "c").tree();
  std::set<std::pair<digest::Digest, std::uint64_t>> objects;
  for (std::uint64_t i = 0; i < tree.digest_count(); ++i) objects.emplace(tree.digest_at(i), tree.digest_size(i));
  const std::set<std::pair<digest::Digest, std::uint64_t>> expected{{content("one").digest, 3},
                                                                    {content("three").digest, 5}};
  EXPECT_EQ(objects, expected);
  EXPECT_EQ(tree.content_bytes(), 3U + 3 + 5);
  EXPECT_EQ(tree.object(2), content("one").digest);
  EXPECT_EQ(tree.object(5), std::nullopt);
  EXPECT_EQ(code_of([&] { (void)tree.digest_at(2); }), EIO);
}

TEST(Tree, ChildrenOfADirectoryLieTogether) {
  const Tree tree = Layer().file("a/x", "").file("a/y/z", "").file("b/x", "").file("c", "").tree();
  std::vector<std::string> paths;
  for (Ino ino = kRootIno; ino <= tree.inode_count(); ++ino) paths.push_back(tree.path(ino));
  EXPECT_THAT(paths, testing::ElementsAre("", "a", "b", "c", "a/x", "a/y", "b/x", "a/y/z"));
  EXPECT_EQ(tree.parent(kRootIno), kRootIno);
  EXPECT_EQ(tree.name(kRootIno), "");
  EXPECT_EQ(tree.parent(8), 6U);
}

TEST(Tree, WrongTypesAndNumbers) {
  const Tree tree = Layer().file("a", "x").tree();
  EXPECT_EQ(code_of([&] { (void)tree.find(2, "x"); }), ENOTDIR);
  EXPECT_EQ(code_of([&] { (void)tree.entry_count(2); }), ENOTDIR);
  EXPECT_EQ(code_of([&] { (void)tree.entry(kRootIno, 1); }), EINVAL);
  EXPECT_EQ(code_of([&] { (void)tree.object(kRootIno); }), EINVAL);
  EXPECT_EQ(code_of([&] { (void)tree.symlink_target(2); }), EINVAL);
  for (const Ino ino : {Ino{0}, Ino{3}, std::numeric_limits<Ino>::max()}) {
    EXPECT_EQ(code_of([&] { (void)tree.inode(ino); }), EIO);
    EXPECT_EQ(code_of([&] { (void)tree.path(ino); }), EIO);
  }
}

TEST(FindPath, FollowsSymlinksWithinTheTree) {
  const Tree tree = Layer()
                        .file("usr/lib/a", "x")
                        .symlink("lib", "usr/lib")
                        .symlink("abs", "/lib/../lib/./a")
                        .symlink("up", "../../../../usr")
                        .symlink("usr/lib/rel", "../../abs")
                        .symlink("dangling", "none")
                        .tree();
  const auto at = [&](std::string_view path, FollowLast follow = FollowLast::yes) {
    const auto ino = find_path(tree, path, follow);
    return ino ? "/" + tree.path(*ino) : "nowhere";
  };
  EXPECT_EQ(at(""), "/");
  EXPECT_EQ(at("//usr/./lib//a"), "/usr/lib/a");
  EXPECT_EQ(at("lib/a"), "/usr/lib/a");
  EXPECT_EQ(at("lib"), "/usr/lib");
  EXPECT_EQ(at("lib", FollowLast::no), "/lib");
  EXPECT_EQ(at("abs"), "/usr/lib/a");
  EXPECT_EQ(at("lib/rel"), "/usr/lib/a");
  EXPECT_EQ(at("lib/rel", FollowLast::no), "/usr/lib/rel");
  EXPECT_EQ(at("up/lib"), "/usr/lib");
  EXPECT_EQ(at("lib/.."), "/usr");
  EXPECT_EQ(at("../.."), "/");
  EXPECT_EQ(at("dangling"), "nowhere");
  EXPECT_EQ(at("dangling", FollowLast::no), "/dangling");
  EXPECT_EQ(at("usr/lib/a/b"), "nowhere");
  EXPECT_EQ(at("usr/lib/a/.."), "nowhere");
}

TEST(FindPath, StopsAfterFortyLinks) {
  Layer layer;
  layer.file("0", "x").symlink("loop", "loop");
  for (int i = 1; i <= 41; ++i) layer.symlink(fmt::format("{}", i), fmt::format("{}", i - 1));
  const Tree tree = layer.tree();
  EXPECT_EQ(tree.path(find_path(tree, "40", FollowLast::yes).value()), "0");
  EXPECT_EQ(code_of([&] { find_path(tree, "41", FollowLast::yes); }), ELOOP);
  EXPECT_EQ(code_of([&] { find_path(tree, "loop/x", FollowLast::no); }), ELOOP);
}

}  // namespace
}  // namespace lamina::tree::test
