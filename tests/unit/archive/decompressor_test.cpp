// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/decompressor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compress.hpp"

namespace lamina::archive {
namespace {

using namespace std::string_literals;
using namespace test;
using testing::HasSubstr;
using testing::StartsWith;

std::string failure(const std::string& data, Compression compression) {
  return error_of([&] { decompressed(data, compression); });
}

class Decompress : public testing::TestWithParam<Compression> {};

INSTANTIATE_TEST_SUITE_P(Formats, Decompress,
                         testing::Values(Compression::gzip, Compression::zstd, Compression::xz, Compression::bzip2));

TEST_P(Decompress, GivesTheContentBack) {
  for (const std::size_t size : {0U, 1U, 511U, 100'000U, 3'000'000U}) {
    const auto content = sample(size);
    EXPECT_EQ(decompressed(compress(content, GetParam()), GetParam()), content) << size;
  }
}

TEST_P(Decompress, WhateverTheSizesOfInputAndOutput) {
  const auto content = sample(300'000);
  const auto data = compress(content, GetParam());
  for (const std::size_t most_in : {1U, 13U, 4096U})
    EXPECT_EQ(decompressed(data, GetParam(), most_in), content) << most_in;
  for (const std::size_t most_out : {1U, 13U, 4096U, 65'536U}) {
    EXPECT_EQ(decompressed(data, GetParam(), 1U << 20U, most_out), content) << most_out;
  }
}

TEST_P(Decompress, ReadsSeveralStreamsAsOne) {
  const auto data = compress("one, ", GetParam()) + compress("", GetParam()) + compress("two", GetParam());
  EXPECT_EQ(decompressed(data, GetParam()), "one, two");
  EXPECT_EQ(decompressed(data, GetParam(), 1), "one, two");
}

TEST_P(Decompress, ATruncatedStreamIsAnErrorWhereverItEnds) {
  for (const auto& content : {""s, sample(3'000)}) {
    const auto data = compress(content, GetParam());
    for (std::size_t length = 0; length < data.size(); ++length) {
      EXPECT_THAT(failure(data.substr(0, length), GetParam()), StartsWith("the data")) << length;
    }
  }
}

TEST_P(Decompress, ADamagedStreamIsAnErrorOrNoHarm) {
  const auto content = sample(2'000);
  const auto good = compress(content, GetParam());
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ '\x10');
    std::string result;
    if (error_of([&] { result = decompressed(bad, GetParam()); }).empty()) {
      EXPECT_EQ(result, content) << i;
    }
  }
}

TEST_P(Decompress, ReadsTheInnerSourceToItsEnd) {
  const auto data = compress(sample(100'000), GetParam());
  auto inner = std::make_unique<ChoppedSource>(data, 1000);
  const auto& watched = *inner;
  const auto source = decompress(std::move(inner), GetParam(), "it");
  util::drain(*source);
  EXPECT_EQ(watched.position(), data.size());
  std::byte more{};
  EXPECT_EQ(source->read({&more, 1}), 0U) << "the end stays the end";
}

TEST_P(Decompress, PassesOnTheSourcesFailure) {
  const auto data = compress(sample(100'000), GetParam());
  const auto source = decompress(std::make_unique<FailingSource>(data.substr(0, data.size() / 2)), GetParam(), "it");
  EXPECT_EQ(error_of([&] { util::drain(*source); }), "the disk is on fire");
}

TEST_P(Decompress, RefusesOtherData) {
  EXPECT_THAT(failure("hello, this is plain text", GetParam()), StartsWith("the data"));
  EXPECT_THAT(failure("", GetParam()), StartsWith("the data"));
}

TEST_P(Decompress, RefusesGarbageBehindTheData) {
  const auto data = compress("x", GetParam());
  for (const auto& garbage :
       {"g"s, "garbage"s, std::string(100, 'g'), data.substr(0, 5), data.substr(0, data.size() - 1)}) {
    EXPECT_THAT(failure(data + garbage, GetParam()), StartsWith("the data")) << garbage;
  }
}

TEST_P(Decompress, IsDetected) {
  const auto content = sample(1'000);
  const auto data = compress(content, GetParam());
  EXPECT_EQ(detect_compression(util::as_bytes(data).first(kMagicSize)), GetParam());
  for (const std::size_t most : {1U, 4U, 1000U}) {
    const auto source = decompress_detected(std::make_unique<ChoppedSource>(data, most), "it");
    EXPECT_EQ(util::read_all(*source, 10'000, "it"), content);
  }
}

TEST(DecompressDetected, LeavesOtherDataAsItIs) {
  for (const auto& text : {""s, "x"s, "hello"s, "hello!"s, "hello, world"s, "BZh9ears.tar"s, "\x1f\x8b\x07gzip"s}) {
    const auto source = decompress_detected(std::make_unique<ChoppedSource>(text, 2), "it");
    EXPECT_EQ(util::read_all(*source, 100, "it"), text);
  }
}

TEST(Gzip, TakesEveryHeaderThereIs) {
  for (unsigned flags = 0; flags < 32; ++flags) {
    const auto data = gzip_member("one, ", flags) + gzip_member("two", flags);
    for (const std::size_t most_in : {1U, 2U, 3U, 5U, 7U, 11U, 1000U}) {
      EXPECT_EQ(decompressed(data, Compression::gzip, most_in), "one, two") << flags << " by " << most_in;
    }
  }
}

TEST(Gzip, ChecksTheTrailer) {
  const auto good = gzip_member("some content", 0);
  for (std::size_t i = good.size() - 8; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ '\1');
    EXPECT_THAT(failure(bad, Compression::gzip), HasSubstr("checksum is wrong")) << i;
    EXPECT_THAT(error_of([&] { decompressed(bad, Compression::gzip, 1); }), HasSubstr("checksum is wrong")) << i;
    EXPECT_THAT(failure(bad + good, Compression::gzip), HasSubstr("checksum is wrong")) << i;
  }
}

TEST(Gzip, TakesZerosAtTheEndAndNothingElse) {
  const auto data = gzip_member("x", 0);
  EXPECT_EQ(decompressed(data + std::string(1'000'000, '\0'), Compression::gzip), "x");
  EXPECT_THAT(failure(data + "garbage", Compression::gzip), HasSubstr("garbage follows"));
  EXPECT_THAT(failure(data + std::string(1'000'000, '\0') + "garbage", Compression::gzip),
              HasSubstr("garbage follows"));
  EXPECT_THAT(failure(data + std::string(600, '\0') + data, Compression::gzip), HasSubstr("garbage follows"));
  EXPECT_THAT(failure(data + "\x1f", Compression::gzip), HasSubstr("truncated"));
}

TEST(Zstd, PassesOverSkippableFrames) {
  const auto skippable = "\x5a\x2a\x4d\x18\x05\x00\x00\x00TOC.."s;  // as zstd:chunked layers have
  const auto frame = compress("content", Compression::zstd);
  for (const auto& data : {skippable + frame, frame + skippable, frame + skippable + frame}) {
    EXPECT_THAT(decompressed(data, Compression::zstd), StartsWith("content"));
    EXPECT_EQ(detect_compression(util::as_bytes(data)), Compression::zstd);
  }
  EXPECT_THAT(failure(frame + skippable.substr(0, 10), Compression::zstd), HasSubstr("truncated"));
}

TEST(Zstd, ChecksTheContent) {
  auto data = zstd_frame(sample(1'000), 20);
  data.back() = static_cast<char>(data.back() ^ '\1');
  EXPECT_THAT(failure(data, Compression::zstd), StartsWith("the data: the zstd data cannot be read"));
}

TEST(Zstd, BoundsTheMemoryOfAWindow) {
  EXPECT_EQ(decompressed(zstd_frame("x", 27), Compression::zstd), "x");
  EXPECT_NE(failure(zstd_frame("x", 28), Compression::zstd), "");
}

}  // namespace
}  // namespace lamina::archive
