// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/copy_file.hpp>

#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/util/root_dir.hpp>

#include "support/temp_dir.hpp"

namespace lamina::util {
namespace {

class CopyFileTest : public testing::Test {
protected:
  /// What a copy of a file in `from_place` holds in `to_place`, and how many 512-byte blocks it takes.
  std::pair<std::string, blkcnt_t> copied(const RootDir& to_place, std::uint64_t size) {
    const Fd from = root_.open_file("from");
    const Fd to = to_place.create_unnamed();
    copy_file(from, to, size, "test", [&] { ++pieces_; });
    std::string text(file_size(to, "test"), '?');
    read_at(to, std::as_writable_bytes(std::span(text)), 0, "test");
    struct stat status {};
    EXPECT_EQ(::fstat(to.get(), &status), 0);
    return {text, status.st_blocks};
  }

  test::TempDir temp_;
  RootDir root_ = RootDir::open(temp_.str());
  int pieces_ = 0;
};

TEST_F(CopyFileTest, CopiesContentAndHoles) {
  constexpr std::uint64_t kSize = std::uint64_t{20} << 20U;
  std::string expected(kSize, '\0');
  const Fd from = root_.create_file("from");
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1} << 20U, kSize - 4096}) {
    write_at(from, as_bytes("data"), at, "test");
    expected.replace(at, 4, "data");
  }
  ASSERT_EQ(::ftruncate(from.get(), kSize), 0);
  // The same file system and, where /var/tmp is another, across two.
  for (const auto& place : {temp_.str(), std::string("/var/tmp")}) {
    const auto [text, blocks] = copied(RootDir::open(place), kSize);
    EXPECT_TRUE(text == expected) << place;
    EXPECT_LT(blocks, 2048) << place;
  }
  EXPECT_GE(pieces_, 2);
}

TEST_F(CopyFileTest, LongDataComesInPieces) {
  const std::string expected = std::string(std::size_t{40} << 20U, 'x') + "end";
  temp_.write("from", expected);
  EXPECT_TRUE(copied(RootDir::open("/var/tmp"), expected.size()).first == expected);
  EXPECT_GT(pieces_, 3);
}

}  // namespace
}  // namespace lamina::util
