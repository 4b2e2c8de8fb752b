// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <lamina/util/error.hpp>
#include <lamina/util/source.hpp>

#include "support/temp_dir.hpp"

#include <lamina/util/root_dir.hpp>

namespace lamina::util {
namespace {

/// `size` bytes that differ from place to place, then the end, or an Error.
class Numbers final : public Source {
public:
  Numbers(std::size_t size, bool fails) : left_(size), fails_(fails) {}
  std::size_t read(std::span<std::byte> into) override {
    if (left_ == 0 && fails_) throw Error("the source broke");
    const std::size_t count = std::min({into.size(), left_, std::size_t{7919}});
    for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<std::byte>(next_++ * 2654435761U >> 24U);
    left_ -= count;
    return count;
  }

private:
  std::size_t left_;
  bool fails_;
  std::uint32_t next_ = 0;
};

std::string all_of(Source& source) { return read_all(source, 1U << 30U, "test"); }

TEST(ReadAhead, GivesTheSameBytesAtAnySize) {
  for (const std::size_t size : {0UL, 1UL, 7919UL, 262144UL, 262145UL, 3000000UL}) {
    Numbers plain(size, false);
    ReadAhead ahead(std::make_unique<Numbers>(size, false));
    EXPECT_EQ(all_of(ahead), all_of(plain)) << size;
    std::byte one{};
    EXPECT_EQ(ahead.read({&one, 1}), 0U) << "the end stays the end";
  }
}

TEST(ReadAhead, HandsOnTheErrorOfItsSource) {
  ReadAhead ahead(std::make_unique<Numbers>(600000, true));
  EXPECT_THROW(all_of(ahead), Error);
}

TEST(ReadAhead, MayBeDroppedHalfRead) {
  ReadAhead ahead(std::make_unique<Numbers>(50000000, false));
  std::byte one{};
  EXPECT_EQ(ahead.read({&one, 1}), 1U);
}

TEST(FileSource, ReadsItsPartOfAFile) {
  const test::TempDir dir;
  dir.write("file", "0123456789");
  const auto fd = std::make_shared<Fd>(RootDir::open(dir.str()).open_file("file"));
  FileSource middle(fd, 3, 4, "file");
  EXPECT_EQ(all_of(middle), "3456");
  FileSource beyond(fd, 8, 100, "file");
  EXPECT_EQ(all_of(beyond), "89") << "a file shorter than promised just ends";
}

TEST(ReadAll, RefusesMoreThanItsLimit) {
  MemorySource source("12345");
  EXPECT_THROW(read_all(source, 4, "the text"), Error);
  MemorySource again("12345");
  EXPECT_EQ(read_all(again, 5, "the text"), "12345");
}

TEST(Drain, CountsWhatIsLeft) {
  Numbers source(1000000, false);
  EXPECT_EQ(drain(source), 1000000U);
}

}  // namespace
}  // namespace lamina::util
