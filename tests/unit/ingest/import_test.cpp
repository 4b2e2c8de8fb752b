// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace lamina::ingest {
namespace {

using archive::EntryType;

TEST_F(IngestTest, LayersAreMergedAndSharedOnesNotReadAgain) {
  const std::vector<std::string> first = {Tar().file("a", "1").file("dir/b", "2").bytes()};
  const std::vector<std::string> second = {first[0], Tar().file("dir/.wh.b", "").file("c", "3").bytes()};
  put_index("first", {put_image("first", first, config_json(first))});
  put_index("second", {put_image("second", second, config_json(second))});

  const auto one = import_one("oci:" + temp_.str("first"));
  EXPECT_EQ(one.layers_added, 1U);
  EXPECT_EQ(one.objects.added, 2U);
  EXPECT_EQ(progress_.seen, first[0].size());
  EXPECT_EQ(progress_.total, progress_.seen);
  std::filesystem::remove(temp_.path() / "second/blobs/sha256" / digest_of(first[0]).substr(7));

  progress_.seen = 0;
  const auto two = import_one("oci:" + temp_.str("second"));
  EXPECT_EQ(two.layers_added, 1U);
  EXPECT_EQ(two.layers_shared, 1U);
  EXPECT_EQ(progress_.seen, second[1].size()) << "the shared layer's blob is gone, and nobody missed it";
  EXPECT_EQ(read(two.id.str(), "dir/b"), "<absent>");
  EXPECT_EQ(read(two.id.str(), "a"), "1");
  EXPECT_EQ(read(one.id.str(), "dir/b"), "2");
  EXPECT_TRUE(store::check(store_).problems.empty());
}

TEST_F(IngestTest, OneLayerMayBeUsedTwice) {
  const auto layer = Tar().file("a", "1").bytes();
  const std::vector<std::string> layers = {layer, Tar().file(".wh.a", "").bytes(), layer};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  const auto result = import_one("oci:" + temp_.str("oci"));
  EXPECT_EQ(result.layers_added, 2U);
  EXPECT_EQ(result.layers_shared, 1U);
  EXPECT_EQ(read(result.id.str(), "a"), "1");
}

TEST_F(IngestTest, NoArchiveReachesTheHost) {
  const auto outside = temp_.path() / "outside";
  for (const char* path : {"/.wh...", ".wh..", "a/.wh."}) {
    const std::vector<std::string> layers = {Tar().file(path, "x").bytes()};
    put_index("evil", {put_image("evil", layers, config_json(layers))});
    EXPECT_NE(refusal("oci:" + temp_.str("evil")).find(path), std::string::npos) << path;
  }
  for (const char* path : {"../outside", "/../outside", "a/../../outside"}) {
    const std::vector<std::string> layers = {Tar().file(path, "x").bytes()};
    put_index("up", {put_image("up", layers, config_json(layers))});
    EXPECT_EQ(read(import_one("oci:" + temp_.str("up")).id.str(), "outside"), "x") << path;
    EXPECT_FALSE(std::filesystem::exists(outside));
  }
  const std::vector<std::string> layers = {
      Tar().link("up", EntryType::symlink, temp_.str()).file("up/outside", "x").file("/abs/olute", "y").bytes()};
  put_index("links", {put_image("links", layers, config_json(layers))});
  const auto result = import_one("oci:" + temp_.str("links"));
  EXPECT_FALSE(std::filesystem::exists(outside));
  EXPECT_EQ(read(result.id.str(), "abs/olute"), "y");
}

TEST_F(IngestTest, BookkeepingOfAufsIsIgnored) {
  const std::vector<std::string> layers = {Tar()
                                               .file(".wh..wh.aufs", "")
                                               .directory(".wh..wh.plnk")
                                               .file(".wh..wh.plnk/12.34", "")
                                               .file("dir/.wh..wh.plnk/x", "")
                                               .file(".wh..wh.orph/x", "")
                                               .file("kept", "1")
                                               .bytes()};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  const auto result = import_one("oci:" + temp_.str("oci"));
  EXPECT_EQ(store_.merged_tree(store_.get_image(result.id.str())).inode_count(), 2U);
}

TEST_F(IngestTest, HardLinksLeadToPseudoLinksOfAufs) {
  const std::vector<std::string> layers = {Tar()
                                               .file(".wh..wh.plnk/12.34", "shared")
                                               .link("a", EntryType::hardlink, ".wh..wh.plnk/12.34")
                                               .link("b", EntryType::hardlink, "/.wh..wh.plnk/12.34")
                                               .bytes()};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  const auto result = import_one("oci:" + temp_.str("oci"));
  EXPECT_EQ(read(result.id.str(), "a"), "shared");
  EXPECT_EQ(store_.merged_tree(store_.get_image(result.id.str())).inode_count(), 2U) << "a and b are one file";
}

TEST_F(IngestTest, WhatIsWrongWithAnEntryNamesIt) {
  const auto layer = [&](Tar& tar) {
    const std::vector<std::string> layers = {tar.bytes()};
    put_index("bad", {put_image("bad", layers, config_json(layers))});
    return refusal("oci:" + temp_.str("bad"));
  };
  EXPECT_NE(layer(Tar().file(".wh.a/b", "")).find("'.wh.a/b'"), std::string::npos);
  EXPECT_NE(layer(Tar().file("a/..", "")).find("'a/..'"), std::string::npos);
  EXPECT_NE(layer(Tar().link("a", EntryType::hardlink, std::string(256, 'n'))).find("'a'"), std::string::npos);
}

TEST_F(IngestTest, BigFilesGoPieceByPiece) {
  std::string big(std::size_t{5} << 20U, 'x');
  big[1234567] = 'y';
  const std::vector<std::string> layers = {Tar().file("big", big).file("again", big).bytes()};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  const auto result = import_one("oci:" + temp_.str("oci"));
  EXPECT_EQ(result.objects.added, 1U);
  EXPECT_EQ(result.objects.shared, 1U);
  EXPECT_TRUE(read(result.id.str(), "big") == big);
}

TEST_F(IngestTest, AWrongDiffIdIsRefused) {
  const std::vector<std::string> layers = {Tar().file("a", "1").bytes()};
  put_index("oci", {put_image("oci", layers, config_json({Tar().file("a", "2").bytes()}))});
  EXPECT_TRUE(says(refusal("oci:" + temp_.str("oci")), "has DiffID"));
}

TEST_F(IngestTest, ADiffIdCoversWhatFollowsTheArchive) {
  const std::vector<std::string> layers = {Tar().file("a", "1").bytes() + "garbage"};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  EXPECT_EQ(read(import_one("oci:" + temp_.str("oci")).id.str(), "a"), "1");
}

TEST_F(IngestTest, TooFewDiffIdsAreRefused) {
  const std::vector<std::string> layers = {Tar().file("a", "1").bytes(), Tar().file("b", "1").bytes()};
  put_index("oci", {put_image("oci", layers, config_json({layers[0]}))});
  EXPECT_TRUE(says(refusal("oci:" + temp_.str("oci")), "has 2 layers, but its config lists 1 diff_ids"));
}

TEST_F(IngestTest, ATruncatedLayerIsRefused) {
  auto layer = Tar().file("a", std::string(10000, 'x')).bytes();
  layer.resize(5000);
  put_index("oci", {put_image("oci", {layer}, config_json({layer}))});
  EXPECT_TRUE(says(refusal("oci:" + temp_.str("oci")), "layer 1 of oci:"));
}

TEST_F(IngestTest, AHardLinkToNowhereIsRefused) {
  const std::vector<std::string> layers = {Tar().link("b", EntryType::hardlink, "nowhere").bytes()};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  EXPECT_FALSE(refusal("oci:" + temp_.str("oci")).empty());
}

TEST_F(IngestTest, AProgressThatThrowsCancels) {
  struct Cancelling final : Progress {
    void wait() override {}
    void start(std::uint64_t) override {}
    void advance(std::uint64_t) override { throw util::Error("cancelled"); }
  } cancelling;
  const std::vector<std::string> layers = {Tar().file("a", "1").bytes()};
  put_index("oci", {put_image("oci", layers, config_json(layers))});
  const auto images = open("oci:" + temp_.str("oci"));
  EXPECT_THROW(import_image(store_, images.front(), {}, {}, cancelling), util::Error);
  EXPECT_TRUE(store_.staging().list().empty());
}

TEST_F(IngestTest, AnImageWithoutLayersIsAnEmptyRoot) {
  put_index("oci", {put_image("oci", {}, config_json({}))});
  const auto result = import_one("oci:" + temp_.str("oci"));
  EXPECT_EQ(store_.merged_tree(store_.get_image(result.id.str())).inode_count(), 1U);
}

}  // namespace
}  // namespace lamina::ingest
