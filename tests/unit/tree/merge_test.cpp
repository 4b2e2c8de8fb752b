// SPDX-License-Identifier: Apache-2.0
// The merge rule as TreeBuilder::apply and merge() carry it out.
#include <lamina/tree/merge.hpp>

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

#include "listing.hpp"

namespace lamina::tree::test {
namespace {

using util::Error;

template <typename... Layers>
Listing merge_of(const Layers&... layers) {
  const std::array<const Layer*, sizeof...(layers)> pointers{&layers...};
  TreeBuilder builder(TreeKind::merged);
  for (const Layer* layer : pointers) builder.apply(layer->tree());
  const Tree tree = Tree::from_bytes(builder.build(), "merged");
  tree.validate();
  return list(tree);
}

TEST(Merge, NoLayers) {
  const Tree tree = Tree::from_bytes(merge({}), "merged");
  tree.validate();
  EXPECT_EQ(tree.kind(), TreeKind::merged);
  EXPECT_EQ(list(tree), (Listing{{".", "d755"}}));
}

TEST(Merge, UpperWins) {
  EXPECT_EQ(merge_of(Layer().file("a", "x"), Layer().file("a", "y")).at("a"), "f644 'y'");
  EXPECT_EQ(merge_of(Layer().file("a", "x"), Layer().symlink("a", "y")).at("a"), "l777 -> y");
  EXPECT_EQ(merge_of(Layer().file("a", "x"), Layer().file("b", "y")),
            (Listing{{".", "d755"}, {"a", "f644 'x'"}, {"b", "f644 'y'"}}));
}

TEST(Merge, DirectoriesUnite) {
  const Listing expected{{".", "d755 n3"}, {"d", "d711"}, {"d/a", "f644 'x'"}, {"d/b", "f644 'y'"}};
  EXPECT_EQ(merge_of(Layer().dir("d").file("d/a", "x"), Layer().dir("d", 0711).file("d/b", "y")), expected);
}

TEST(Merge, ImpliedDirectoryKeepsTheMetadataBelow) {
  EXPECT_EQ(merge_of(Layer().dir("d", 0700), Layer().file("d/b", "y")).at("d"), "d700");
  EXPECT_EQ(merge_of(Layer().dir("d", 0700), Layer().opaque("d")).at("d"), "d700");
  EXPECT_EQ(merge_of(Layer().dir("d", 0700), Layer().whiteout("d").file("d/b", "y")).at("d"), "d755");
  EXPECT_EQ(merge_of(Layer().dir(".", 0700), Layer().file("b", "y")).at("."), "d700");
  EXPECT_EQ(merge_of(Layer().dir(".", 0700), Layer().dir(".", 0711)).at("."), "d711");
  EXPECT_EQ(merge_of(Layer().file("d", "x"), Layer().file("d/b", "y")).at("d"), "d755");
}

TEST(Merge, ExplicitDirectoryTakesTheNewXattrs) {
  Layer lower;
  util::Metadata with = metadata(0755);
  with.xattrs = {{"user.a", "1"}};
  lower.builder.put_directory(path("d"), with);
  Layer upper;
  with.xattrs = {{"user.b", "2"}};
  upper.builder.put_directory(path("d"), with);
  EXPECT_EQ(merge_of(lower, upper).at("d"), "d755 xattr user.b=2");
  EXPECT_EQ(merge_of(lower, Layer().dir("d")).at("d"), "d755");
  EXPECT_EQ(merge_of(lower, Layer().file("d/x", "")).at("d"), "d755 xattr user.a=1");
}

TEST(Merge, WhiteoutsAndOpaqueHideTheLayersBelow) {
  const Layer lower = std::move(Layer().dir("d", 0700).file("d/a", "x").file("d/e/f", "y").file("g", "z"));
  EXPECT_EQ(merge_of(lower, Layer().whiteout("d")), (Listing{{".", "d755"}, {"g", "f644 'z'"}}));
  EXPECT_EQ(merge_of(lower, Layer().opaque("d")), (Listing{{".", "d755 n3"}, {"d", "d700"}, {"g", "f644 'z'"}}));
  EXPECT_EQ(merge_of(lower, Layer().opaque("")), (Listing{{".", "d755"}}));
  EXPECT_EQ(merge_of(lower, Layer().whiteout("none")), merge_of(lower));
  EXPECT_EQ(merge_of(lower, Layer().whiteout("none/below")).at("none"), "d755");
  EXPECT_EQ(merge_of(lower, Layer().whiteout("d").file("d/b", "n")),
            (Listing{{".", "d755 n3"}, {"d", "d755"}, {"d/b", "f644 'n'"}, {"g", "f644 'z'"}}));
}

TEST(Merge, WhatIsHiddenStaysHiddenAndComesBackAnew) {
  const Layer bottom = std::move(Layer().file("d/a", "x"));
  const Listing expected{{".", "d755 n3"}, {"d", "d755"}, {"d/b", "f644 'y'"}};
  EXPECT_EQ(merge_of(bottom, Layer().whiteout("d"), Layer().file("d/b", "y")), expected);
  EXPECT_EQ(merge_of(bottom, Layer().file("d", "file"), Layer().dir("d").file("d/b", "y")), expected);
  EXPECT_EQ(merge_of(bottom, Layer().file("d", "file").dir("d").file("d/b", "y")), expected);
}

TEST(Merge, TypesReplaceEachOther) {
  EXPECT_EQ(merge_of(Layer().file("d/a", "x"), Layer().file("d", "y")), (Listing{{".", "d755"}, {"d", "f644 'y'"}}));
  EXPECT_EQ(merge_of(Layer().file("d", "x"), Layer().dir("d", 0711)), (Listing{{".", "d755 n3"}, {"d", "d711"}}));
  EXPECT_EQ(merge_of(Layer().symlink("d", "e").dir("e"), Layer().dir("d", 0711)).at("d"), "d711");
}

TEST(Merge, LinkGroupsShrinkAndGrow) {
  const Layer lower = std::move(Layer().file("a", "x").link("b", "a").link("c", "a"));
  EXPECT_EQ(merge_of(lower, Layer().file("a", "y")),
            (Listing{{".", "d755"}, {"a", "f644 'y'"}, {"b", "f644 'x' n2"}, {"c", "f644 'x' n2 = b"}}));
  EXPECT_EQ(merge_of(lower, Layer().whiteout("a").whiteout("b")), (Listing{{".", "d755"}, {"c", "f644 'x'"}}));
  EXPECT_EQ(merge_of(lower, Layer().link("d", "b")).at("d"), "f644 'x' n4 = a");
  EXPECT_EQ(merge_of(lower, Layer().link("a", "a")), merge_of(lower));
  EXPECT_EQ(merge_of(lower, Layer().file("a", "y").link("b", "a")),
            (Listing{{".", "d755"}, {"a", "f644 'y' n2"}, {"b", "f644 'y' n2 = a"}, {"c", "f644 'x'"}}));
}

// Extracted in order, the link is made while the lower file still stands there.
TEST(Merge, LinkIntoALowerLayerKeepsWhatTheLayerReplacesLater) {
  const Layer lower = std::move(Layer().file("a", "X"));
  const Listing expected{{".", "d755"}, {"a", "f644 'Y'"}, {"b", "f644 'X'"}};
  EXPECT_EQ(merge_of(lower, Layer().link("b", "a").file("a", "Y")), expected);
  EXPECT_EQ(merge_of(lower, Layer().link("b", "a").whiteout("a")), (Listing{{".", "d755"}, {"b", "f644 'X'"}}));
  EXPECT_EQ(merge_of(lower, Layer().whiteout("a").link("b", "a")), (Listing{{".", "d755"}, {"b", "f644 'X'"}}));
  EXPECT_EQ(merge_of(lower, Layer().file("a", "Y").link("b", "a")).at("b"), "f644 'Y' n2 = a");
  EXPECT_EQ(merge_of(Layer().file("d/a", "X"), Layer().link("b", "d/a").opaque("d")).at("b"), "f644 'X'");
  EXPECT_EQ(merge_of(Layer().file("d/a", "X"), Layer().link("d", "d/a")), (Listing{{".", "d755"}, {"d", "f644 'X'"}}));
}

TEST(Merge, LinksSwapNames) {
  EXPECT_EQ(merge_of(Layer().file("a", "A").file("b", "B"), Layer().link("t", "a").link("a", "b").link("b", "t")),
            (Listing{{".", "d755"}, {"a", "f644 'B'"}, {"b", "f644 'A' n2"}, {"t", "f644 'A' n2 = b"}}));
}

TEST(Merge, LinkTargetsResolveSymlinkedParentsBelow) {
  const Layer lower = std::move(Layer().symlink("lib", "usr/lib").file("usr/lib/a", "x"));
  EXPECT_EQ(merge_of(lower, Layer().link("b", "lib/a")).at("usr/lib/a"), "f644 'x' n2 = b");
  EXPECT_EQ(merge_of(lower, Layer().symlink("s", "lib").link("b", "s/a")).at("b"), "f644 'x' n2");
  EXPECT_EQ(merge_of(lower, Layer().link("other", "lib")).at("other"), "l777 -> usr/lib n2 = lib");
}

TEST(Merge, LinksThatLeadNowhereOrToDirectoriesAreRefused) {
  EXPECT_THROW(merge_of(Layer().file("a", ""), Layer().link("b", "none")), Error);
  EXPECT_THROW(merge_of(Layer().file("a", ""), Layer().link("b", "a/none")), Error);
  EXPECT_THROW(merge_of(Layer().dir("a"), Layer().link("b", "a")), Error);
  EXPECT_THROW(merge_of(Layer().link("b", "a")), Error);
}

TEST(Merge, OnlyMergedTreesTakeLayers) {
  TreeBuilder builder(TreeKind::layer);
  EXPECT_THROW(builder.apply(Layer().tree()), Error);
}

class ImpliedOverSymlink : public testing::Test {
protected:
  Layer lower_ = std::move(Layer().symlink("lib", "usr/lib").dir("usr/lib", 0711).file("usr/lib/old", "x"));
};

TEST_F(ImpliedOverSymlink, ChildrenLandWhereItLeads) {
  Listing expected = merge_of(lower_);
  expected["usr/lib/new"] = "f644 'y'";
  EXPECT_EQ(merge_of(lower_, Layer().file("lib/new", "y")), expected);
  expected["usr/lib/sub"] = "d755";
  expected["usr/lib/sub/b"] = "f644 'z'";
  expected["usr/lib"] = "d711 n3";
  EXPECT_EQ(merge_of(lower_, Layer().file("lib/new", "y").file("lib/sub/b", "z")), expected);
}

TEST_F(ImpliedOverSymlink, WhiteoutsAndOpaqueToo) {
  Listing expected = merge_of(lower_);
  expected.erase("usr/lib/old");
  EXPECT_EQ(merge_of(lower_, Layer().whiteout("lib/old")), expected);
  EXPECT_EQ(merge_of(lower_, Layer().opaque("lib")), expected);
}

TEST_F(ImpliedOverSymlink, MeetsWhatTheLayerHasThereItself) {
  const Listing expected{
      {".", "d755 n3"},           {"lib", "l777 -> usr/lib"},   {"usr", "d755 n3"},
      {"usr/lib", "d700"},        {"usr/lib/a", "f644 'A' n2"}, {"usr/lib/b", "f644 'A' n2 = usr/lib/a"},
      {"usr/lib/old", "f644 'x'"}};
  EXPECT_EQ(merge_of(lower_, Layer().dir("usr/lib", 0700).file("usr/lib/a", "A").link("lib/b", "usr/lib/a")), expected);
}

TEST_F(ImpliedOverSymlink, WhiteoutLeavesWhatTheLayerHasThereItself) {
  EXPECT_EQ(merge_of(lower_, Layer().file("usr/lib/old", "y").whiteout("lib/old")).at("usr/lib/old"), "f644 'y'");
  EXPECT_EQ(merge_of(lower_, Layer().whiteout("usr/lib/old").file("lib/old", "y")).at("usr/lib/old"), "f644 'y'");
}

TEST_F(ImpliedOverSymlink, LinksOutOfTheLayerMoveAlong) {
  EXPECT_EQ(merge_of(lower_, Layer().link("lib/b", "lib/old")).at("usr/lib/old"), "f644 'x' n2 = usr/lib/b");
}

TEST_F(ImpliedOverSymlink, ThroughSeveralLinks) {
  Layer more;
  more.symlink("one", "/two").symlink("two", "lib/../lib/.").symlink("usr/lib/up", "../..");
  EXPECT_EQ(merge_of(lower_, more, Layer().file("one/new", "y")).at("usr/lib/new"), "f644 'y'");
  EXPECT_EQ(merge_of(lower_, more, Layer().file("one/up/new", "y")).at("new"), "f644 'y'");
  EXPECT_EQ(merge_of(lower_, more, Layer().file("lib/up/usr/lib/new", "y")).at("usr/lib/new"), "f644 'y'");
}

TEST_F(ImpliedOverSymlink, ExplicitDirectoryReplacesTheLink) {
  EXPECT_EQ(merge_of(lower_, Layer().dir("lib", 0700).file("lib/new", "y")).at("lib"), "d700");
  EXPECT_EQ(merge_of(lower_, Layer().whiteout("lib").file("lib/new", "y")).at("lib"), "d755");
}

TEST_F(ImpliedOverSymlink, LinkThatLeadsToNoDirectoryIsReplaced) {
  const Layer links =
      std::move(Layer().symlink("below-file", "usr/lib/old/x").symlink("loop", "loop").symlink("f", "usr/lib/old"));
  EXPECT_EQ(merge_of(lower_, links, Layer().file("below-file/new", "y")).at("below-file"), "d755");
  EXPECT_EQ(merge_of(lower_, links, Layer().file("loop/new", "y")).at("loop"), "d755");
  EXPECT_EQ(merge_of(lower_, links, Layer().file("f/new", "y")).at("f"), "d755");
}

TEST_F(ImpliedOverSymlink, WhatALinkLeadsToIsMade) {
  const Layer links = std::move(Layer().symlink("none", "no/where").symlink("usr/none", "../none"));
  const auto merged = merge_of(lower_, links, Layer().file("usr/none/new", "y").file("none/other", "z"));
  EXPECT_EQ(merged.at("none"), "l777 -> no/where");
  EXPECT_EQ(merged.at("no/where/new"), "f644 'y'");
  EXPECT_EQ(merged.at("no/where/other"), "f644 'z'");
  EXPECT_EQ(merge_of(links, Layer().dir("no/where", 0700).file("none/new", "y")).at("no/where"), "d700");
}

TEST_F(ImpliedOverSymlink, NotWhereTheLayerHidesTheLink) {
  const Layer lower = std::move(Layer().symlink("d/l", "/e").dir("e"));
  EXPECT_EQ(merge_of(lower, Layer().opaque("d").file("d/l/new", "y")).at("d/l"), "d755");
}

TEST(Merge, SameLayersSameBytes) {
  const Tree lower = std::move(Layer().file("b", "x").file("a/c", "y").link("d", "b")).tree();
  const Tree upper = std::move(Layer().whiteout("b").link("e", "d").dir("a", 0700)).tree();
  const std::array<const Tree*, 2> layers{&lower, &upper};
  EXPECT_EQ(merge(layers), merge(layers));
  // The order of the entries in the archive leaves no trace.
  const Tree reordered = std::move(Layer().dir("a", 0700).link("e", "d").whiteout("b")).tree();
  const std::array<const Tree*, 2> others{&lower, &reordered};
  EXPECT_EQ(merge(layers), merge(others));
}

}  // namespace
}  // namespace lamina::tree::test
