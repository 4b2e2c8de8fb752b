// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

namespace lamina::util {
namespace {

using namespace std::string_view_literals;

TEST(Name, TakesWhatLinuxTakes) {
  EXPECT_TRUE(is_valid_name("a"));
  EXPECT_TRUE(is_valid_name("..."));
  EXPECT_TRUE(is_valid_name("\xff\x01 "));
  EXPECT_TRUE(is_valid_name(std::string(255, 'x')));
  for (const auto bad : {""sv, "."sv, ".."sv, "a/b"sv, "a\0b"sv}) EXPECT_FALSE(is_valid_name(bad));
  EXPECT_FALSE(is_valid_name(std::string(256, 'x')));
}

struct Spelling {
  std::string_view text;
  std::string_view path;
};

class RelPathSpelling : public testing::TestWithParam<Spelling> {};

TEST_P(RelPathSpelling, IsNormalised) { EXPECT_EQ(RelPath::parse(GetParam().text).str(), GetParam().path); }

INSTANTIATE_TEST_SUITE_P(All, RelPathSpelling,
                         testing::Values(Spelling{"a/b", "a/b"}, Spelling{"/a/b/", "a/b"}, Spelling{"./a//b/.", "a/b"},
                                         Spelling{"a/../b", "b"}, Spelling{"", ""}, Spelling{"/", ""},
                                         Spelling{"./", ""}, Spelling{"a/b/../..", ""}, Spelling{"...", "..."}));

TEST(RelPath, RefusesWhatNoNameCanBe) {
  for (const auto bad : {".."sv, "a/../.."sv, "/../etc/passwd"sv, "a\0b"sv}) {
    EXPECT_THROW(RelPath::parse(bad), Error) << bad;
  }
  EXPECT_THROW(RelPath::parse("a/" + std::string(256, 'x')), Error);
}

TEST(RelPath, TheRootMayBeAboveItself) {
  const auto in_root = [](std::string_view text) { return RelPath::parse(text, AboveRoot::is_root).str(); };
  EXPECT_EQ(in_root(".."), "");
  EXPECT_EQ(in_root("/../../etc/passwd"), "etc/passwd");
  EXPECT_EQ(in_root("a/../../b/../c"), "c");
  EXPECT_THROW(RelPath::parse("a\0b"sv, AboveRoot::is_root), Error);
}

TEST(RelPath, HasNoLimitAsAWhole) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "directory/";
  EXPECT_EQ(RelPath::parse(text).components().size(), 1000U);
}

}  // namespace
}  // namespace lamina::util
