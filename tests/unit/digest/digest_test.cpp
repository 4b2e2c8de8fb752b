// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

namespace lamina::digest {
namespace {

// FIPS 180-2, appendix B.
constexpr std::string_view kAbc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kEmpty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Digest, RoundTrips) {
  EXPECT_EQ(Digest::parse(kAbc).str(), kAbc);
  EXPECT_EQ("sha256:" + Digest::parse(kAbc).hex(), kAbc);
  EXPECT_EQ(Digest::find_hex(kAbc.substr(7)), Digest::parse(kAbc));
}

TEST(Digest, RefusesWhatIsNone) {
  const std::string good(kAbc);
  for (const std::string& bad :
       {std::string(), std::string("sha256:"), good + "0", good.substr(0, 70), "sha512:" + good.substr(7),
        good.substr(0, 69) + "/.", good.substr(0, 70) + "G", "sha256:BA" + good.substr(9), good.substr(7)}) {
    EXPECT_THROW(Digest::parse(bad), util::Error) << bad;
  }
}

TEST(Hasher, KnowsTheStandardsExamples) {
  EXPECT_EQ(hash(util::as_bytes("abc")).str(), kAbc);
  EXPECT_EQ(hash({}).str(), kEmpty);
  Hasher hasher;
  for (const char* piece : {"a", "", "bc"}) hasher.update(util::as_bytes(piece));
  EXPECT_EQ(hasher.finish().str(), kAbc);
  EXPECT_EQ(hasher.finish().str(), kEmpty) << "it starts afresh";
}

TEST(HashingSource, HashesWhatItHandsOn) {
  HashingSource source(std::make_unique<util::MemorySource>("abc"));
  EXPECT_EQ(util::read_all(source, 10, "test"), "abc");
  EXPECT_EQ(source.size(), 3U);
  EXPECT_EQ(source.finish().str(), kAbc);
}

std::string read_verified(std::string content, std::string_view digest, std::uint64_t size) {
  VerifyingSource source(std::make_unique<util::MemorySource>(std::move(content)), Digest::parse(digest), size,
                         "the blob");
  return util::read_all(source, 1000, "test");
}

TEST(VerifyingSource, PassesWhatWasPromised) {
  EXPECT_EQ(read_verified("abc", kAbc, 3), "abc");
  EXPECT_EQ(read_verified("", kEmpty, 0), "");
}

TEST(VerifyingSource, ThrowsOnAnythingElse) {
  EXPECT_THROW(read_verified("abd", kAbc, 3), util::Error);
  EXPECT_THROW(read_verified("ab", kAbc, 3), util::Error);
  EXPECT_THROW(read_verified("abcd", kAbc, 3), util::Error);
  EXPECT_THROW(read_verified("abc", kAbc, 4), util::Error) << "right digest, wrong size";
}

}  // namespace
}  // namespace lamina::digest
