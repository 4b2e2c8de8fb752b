// SPDX-License-Identifier: Apache-2.0
// What put_* make of the entries of one layer.
#include <lamina/tree/builder.hpp>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

#include "listing.hpp"

namespace lamina::tree::test {
namespace {

using util::Error;

TEST(Builder, EmptyLayer) { EXPECT_EQ(Layer().list(), (Listing{{".", "d755 implied"}})); }

TEST(Builder, RootTakesItsEntry) { EXPECT_EQ(Layer().dir("./", 0700).list(), (Listing{{".", "d700"}})); }

TEST(Builder, MissingParentsAreImplied) {
  const Listing expected{
      {".", "d755 implied n3"}, {"a", "d755 implied n3"}, {"a/b", "d755 implied"}, {"a/b/c", "f644 'x'"}};
  EXPECT_EQ(Layer().file("a/b/c", "x").list(), expected);
}

TEST(Builder, DirectoryEntryMakesAnImpliedDirectoryExplicit) {
  const Listing expected{{".", "d755 implied n3"}, {"a", "d711"}, {"a/c", "f644 'x'"}};
  EXPECT_EQ(Layer().file("a/c", "x").dir("a", 0711).list(), expected);
  EXPECT_EQ(Layer().dir("a", 0711).file("a/c", "x").list(), expected);
}

TEST(Builder, LaterDirectoryKeepsChildrenAndTakesMetadata) {
  const Listing expected{{".", "d755 implied n3"}, {"a", "d700"}, {"a/c", "f644 'x'"}};
  EXPECT_EQ(Layer().dir("a", 0711).file("a/c", "x").dir("a", 0700).list(), expected);
}

TEST(Builder, LaterEntriesReplaceEarlierOnes) {
  EXPECT_EQ(Layer().file("a", "x").file("a", "y").list().at("a"), "f644 'y'");
  EXPECT_EQ(Layer().file("a", "x").symlink("a", "y").list().at("a"), "l777 -> y");
  EXPECT_EQ(Layer().file("a/b", "x").file("a", "y").list(), (Listing{{".", "d755 implied"}, {"a", "f644 'y'"}}));
}

// What stood there hid the directory of the layers below, and extracting in order would have removed it.
TEST(Builder, DirectoryInPlaceOfAnotherTypeIsOpaque) {
  EXPECT_EQ(Layer().file("a", "x").dir("a").list().at("a"), "d755 opaque");
  EXPECT_EQ(Layer().symlink("a", "x").dir("a").list().at("a"), "d755 opaque");
  const Listing expected{{".", "d755 implied n3"}, {"a", "d755 opaque"}, {"a/b", "f644 'y'"}};
  EXPECT_EQ(Layer().file("a", "x").file("a/b", "y").list(), expected);
}

TEST(Builder, Whiteout) {
  const Listing expected{{".", "d755 implied n3"}, {"a", "d755 implied"}, {"a/b", "whiteout"}};
  EXPECT_EQ(Layer().whiteout("a/b").list(), expected);
  EXPECT_EQ(Layer().whiteout("a/b").whiteout("a/b").list(), expected);
}

TEST(Builder, WhiteoutLeavesWhatThisLayerHasInEitherOrder) {
  EXPECT_EQ(Layer().file("a", "x").whiteout("a").list().at("a"), "f644 'x'");
  EXPECT_EQ(Layer().whiteout("a").file("a", "x").list().at("a"), "f644 'x'");
  EXPECT_EQ(Layer().dir("a").whiteout("a").list().at("a"), "d755 opaque");
  EXPECT_EQ(Layer().whiteout("a").dir("a").list().at("a"), "d755 opaque");
  // No lower directory is left whose metadata an implied one could take.
  EXPECT_EQ(Layer().file("a/b", "x").whiteout("a").list().at("a"), "d755 opaque");
  EXPECT_EQ(Layer().whiteout("a").file("a/b", "x").list().at("a"), "d755 opaque");
}

TEST(Builder, OpaqueInEitherOrder) {
  EXPECT_EQ(Layer().opaque("a").list().at("a"), "d755 opaque implied");
  EXPECT_EQ(Layer().opaque("a").dir("a", 0700).list().at("a"), "d700 opaque");
  EXPECT_EQ(Layer().dir("a", 0700).opaque("a").list().at("a"), "d700 opaque");
  EXPECT_EQ(Layer().file("a/b", "x").opaque("a").list().at("a/b"), "f644 'x'");
  EXPECT_EQ(Layer().opaque("").list().at("."), "d755 opaque implied");
}

TEST(Builder, HardLinksShareOneInode) {
  const Listing expected{{".", "d755 implied n3"},
                         {"a", "f644 'x' n3"},
                         {"b", "d755"},
                         {"b/c", "f644 'x' n3 = a"},
                         {"d", "f644 'x' n3 = a"}};
  EXPECT_EQ(Layer().dir("b").file("b/c", "x").link("a", "b/c").link("d", "a").list(), expected);
}

TEST(Builder, HardLinksToSymlinksAndSpecialFiles) {
  EXPECT_EQ(Layer().symlink("s", "t").link("u", "s").list().at("u"), "l777 -> t n2 = s");
  Layer layer;
  layer.builder.put_special(path("fifo"), metadata(S_IFIFO | 0600));
  EXPECT_EQ(layer.link("other", "fifo").list().at("other"), "p600 n2 = fifo");
}

TEST(Builder, ReplacingOneNameLeavesTheOthers) {
  Layer layer;
  layer.file("a", "x").link("b", "a").link("c", "a").file("a", "y");
  const Listing expected{{".", "d755 implied"}, {"a", "f644 'y'"}, {"b", "f644 'x' n2"}, {"c", "f644 'x' n2 = b"}};
  EXPECT_EQ(layer.list(), expected);
}

TEST(Builder, RemovingADirectoryTakesTheNamesInItOnly) {
  Layer layer;
  layer.file("d/a", "x").link("b", "d/a").file("d", "y");
  EXPECT_EQ(layer.list(), (Listing{{".", "d755 implied"}, {"b", "f644 'x'"}, {"d", "f644 'y'"}}));
}

TEST(Builder, HardLinkToItselfChangesNothing) {
  EXPECT_EQ(Layer().file("a", "x").link("a", "a").list().at("a"), "f644 'x'");
}

TEST(Builder, HardLinkInPlaceOfTheDirectoryThatHoldsItsTarget) {
  EXPECT_EQ(Layer().file("d/a", "x").link("d", "d/a").list(), (Listing{{".", "d755 implied"}, {"d", "f644 'x'"}}));
}

TEST(Builder, LinksOutliveWhatIsDiscarded) {
  Layer layer;
  layer.file("d/a", "x").link("b", "d/a").link("c", "d/a").file("e/d", "y");
  layer.builder.discard("d");
  layer.builder.discard("none");
  EXPECT_EQ(layer.list(), (Listing{{".", "d755 implied n3"},
                                   {"b", "f644 'x' n2"},
                                   {"c", "f644 'x' n2 = b"},
                                   {"e", "d755 implied"},
                                   {"e/d", "f644 'y'"}}));
}

TEST(Builder, SymlinksHaveTheModeThatLinuxGivesThem) {
  Layer layer;
  layer.builder.put_symlink(path("l"), metadata(0600), "target");
  EXPECT_EQ(layer.list().at("l"), "l777 -> target");
}

TEST(Builder, HardLinkOutOfTheLayerIsAMark) {
  EXPECT_EQ(Layer().link("a", "usr/b").list().at("a"), "link -> usr/b");
  EXPECT_EQ(Layer().whiteout("b").link("a", "b").list().at("a"), "link -> b");
  EXPECT_EQ(Layer().link("a", "x").link("b", "a").list().at("b"), "link -> x n2 = a");
  EXPECT_EQ(Layer().file("d", "x").link("a", "d/b").list().at("a"), "link -> d/b");
}

TEST(Builder, HardLinkToADirectoryIsRefused) {
  EXPECT_THROW(Layer().dir("d").link("a", "d"), Error);
  EXPECT_THROW(Layer().file("d/x", "").link("a", "d"), Error);
  EXPECT_THROW(Layer().link("a", "."), Error);
  EXPECT_THROW(Layer().file("a", "").link("a/b", "a"), Error);
}

TEST(Builder, SymlinksOfThisLayerAreFollowedInParents) {
  const Listing expected{{".", "d755 implied n3"},     {"lib", "l777 -> /usr/lib"},
                         {"usr", "d755 implied n3"},   {"usr/lib", "d755 implied"},
                         {"usr/lib/a", "f644 'x' n2"}, {"usr/lib/b", "f644 'x' n2 = usr/lib/a"},
                         {"usr/lib/c", "whiteout"}};
  Layer layer;
  layer.symlink("lib", "/usr/lib").file("lib/a", "x").link("usr/lib/b", "lib/a").whiteout("lib/c");
  EXPECT_EQ(layer.list(), expected);
  EXPECT_EQ(Layer().symlink("a/l", "../../..").file("a/l/x", "y").list().at("x"), "f644 'y'");
  EXPECT_EQ(Layer().symlink("a/l", "/d").file("a/l/x", "y").list().at("d/x"), "f644 'y'");
  EXPECT_EQ(Layer().symlink("l", "d").opaque("l").list().at("d"), "d755 opaque implied");
  EXPECT_EQ(Layer().symlink("l", "d").link("a", "l/x").list().at("a"), "link -> d/x");
  EXPECT_THROW(Layer().symlink("a", "b").symlink("b", "a").file("a/x", ""), Error);
}

TEST(Builder, RefusesNonsense) {
  TreeBuilder builder(TreeKind::layer);
  EXPECT_THROW(builder.put_file(path(""), metadata(0), content("")), Error);
  EXPECT_THROW(builder.put_whiteout(path("")), Error);
  EXPECT_THROW(builder.put_symlink(path("a"), metadata(0), ""), Error);
  EXPECT_THROW(builder.put_symlink(path("a"), metadata(0), std::string_view("a\0b", 3)), Error);
  EXPECT_THROW(builder.put_symlink(path("a"), metadata(0), std::string(4096, 'x')), Error);
  EXPECT_THROW(builder.put_special(path("a"), metadata(S_IFREG | 0644)), Error);
  util::Metadata bad = metadata(0644);
  bad.xattrs[""] = "x";
  EXPECT_THROW(builder.put_file(path("a"), bad, content("")), Error);
  bad = metadata(0644);
  bad.mtime.nanoseconds = 1'000'000'000;
  EXPECT_THROW(builder.put_file(path("a"), bad, content("")), Error);
}

TEST(Builder, OneContentHasOneSize) {
  TreeBuilder builder(TreeKind::layer);
  FileContent same = content("abc");
  builder.put_file(path("a"), metadata(0644), same);
  same.size = 4;
  builder.put_file(path("b"), metadata(0644), same);
  EXPECT_THROW(builder.build(), Error);
}

TEST(Builder, MergedTreesHoldNoMarks) {
  TreeBuilder builder(TreeKind::merged);
  builder.put_file(path("a/b"), metadata(0644), content("x"));
  builder.put_hardlink(path("c"), path("a/b"));
  const Tree tree = Tree::from_bytes(builder.build(), "test");
  tree.validate();
  EXPECT_EQ(list(tree), (Listing{{".", "d755 n3"}, {"a", "d755"}, {"a/b", "f644 'x' n2 = c"}, {"c", "f644 'x' n2"}}));
  EXPECT_THROW(builder.put_whiteout(path("c")), Error);
  EXPECT_THROW(builder.put_opaque(path("a")), Error);
  EXPECT_THROW(builder.put_hardlink(path("d"), path("none")), Error);
}

}  // namespace
}  // namespace lamina::tree::test
