// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/compressor.hpp>

#include "fixture.hpp"

namespace lamina::ingest {
namespace {

class LimitsTest : public IngestTest {
protected:
  /// Expects that `expected` is the least `limit` that lets the image in; the sentence with which one less refuses it.
  std::string least(std::uint64_t Limits::*limit, const std::vector<std::string>& layers, std::uint64_t expected) {
    put_index("oci", {put_image("oci", layers, config_json(layers))});
    const auto image = open("oci:" + temp_.str("oci")).front();
    Limits limits;
    std::string sentence;
    limits.*limit = expected - 1;
    try {
      import_image(store_, image, {}, limits, progress_);
    } catch (const util::Error& error) {
      sentence = error.what();
    }
    EXPECT_TRUE(store_.staging().list().empty());
    limits.*limit = expected;
    EXPECT_NO_THROW(import_image(store_, image, {}, limits, progress_));
    return sentence;
  }
};

TEST_F(LimitsTest, CountEntriesOfAllLayers) {
  // Each layer has a root, too.
  const auto sentence =
      least(&Limits::entries, {Tar().file("a", "1").file("b", "2").bytes(), Tar().file("c", "3").bytes()}, 5);
  EXPECT_TRUE(says(sentence, "more than 4 entries (--max-entries allows more)"));
}

TEST_F(LimitsTest, CountDirectoriesThatAPathImplies) {
  EXPECT_TRUE(says(least(&Limits::entries, {Tar().file("a/b/c/d/e", "1").bytes()}, 6), "--max-entries"));
}

TEST_F(LimitsTest, CountLinksThatMakeNoNode) {
  Tar tar;
  tar.file("a", "1");
  for (int i = 0; i < 20; ++i) tar.link(fmt::format("link{}", i), archive::EntryType::hardlink, "a");
  const auto sentence = least(&Limits::entries, {tar.bytes()}, 22);
  EXPECT_TRUE(says(sentence, "layer 1"));
  EXPECT_TRUE(says(sentence, "--max-entries"));
}

TEST_F(LimitsTest, CountLongNames) {
  const auto sentence =
      least(&Limits::entries, {Tar().link("a", archive::EntryType::symlink, std::string(3000, 't')).bytes()}, 4);
  EXPECT_TRUE(says(sentence, "--max-entries"));
}

TEST_F(LimitsTest, CountALayerAsOftenAsTheImageHasIt) {
  const std::string layer = Tar().file("a", "1").file("b", "2").bytes();
  EXPECT_TRUE(says(least(&Limits::entries, {layer, layer, layer}, 9), "--max-entries"));
}

TEST_F(LimitsTest, CountUncompressedBytes) {
  const std::string layer = Tar().file("a", std::string(5000, 'a')).bytes();
  const auto sentence = least(&Limits::size, {layer}, layer.size());
  EXPECT_TRUE(says(sentence, "layer 1"));
  EXPECT_TRUE(says(sentence, "bytes uncompressed (--max-size allows more)"));
}

TEST_F(LimitsTest, HoldForAnArchiveThatIsCompressedAsAWhole) {
  StringSink compressed;
  archive::ZstdSink sink(compressed, 1);
  sink.write(util::as_bytes(Tar().file("a", std::string(5000, 'a')).bytes()));
  sink.finish();
  temp_.write("a.tar.zst", compressed.text);
  Limits limits;
  limits.size = 5000;
  try {
    open(temp_.str("a.tar.zst"), "linux/amd64", limits);
    FAIL();
  } catch (const util::Error& error) {
    EXPECT_TRUE(says(error.what(), "a.tar.zst has more than 5000 bytes uncompressed (--max-size allows more)"));
  }
}

}  // namespace
}  // namespace lamina::ingest
