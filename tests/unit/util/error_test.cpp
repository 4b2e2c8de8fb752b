// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

namespace lamina::util {
namespace {

TEST(Error, SaysWhatWasDoneAndWhyItFailed) {
  const auto error = Error::from_errno("opening /x", ENOENT);
  EXPECT_STREQ(error.what(), "opening /x: No such file or directory");
  EXPECT_EQ(error.code(), ENOENT);
  EXPECT_EQ(Error("broken").code(), EIO);
}

TEST(Error, AbsentMeansNoSuchNameAndNothingElse) {
  EXPECT_TRUE(is_absent(ENOENT));
  EXPECT_TRUE(is_absent(ENOTDIR));
  for (const int code : {0, EACCES, EIO, ELOOP, ENAMETOOLONG, EPERM}) EXPECT_FALSE(is_absent(code)) << code;
}

TEST(Printable, KeepsTextAndEscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("plain äß日本 😀"), "plain äß日本 😀");
  EXPECT_EQ(printable("\x1b[31m\n\t"), "\\x1b[31m\\x0a\\x09");
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a C1 control sequence introducer";
}

TEST(Printable, RefusesMalformedUtf8ByteByByte) {
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(printable("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xe6\x97"), "\\xe6\\x97") << "cut off";
}

}  // namespace
}  // namespace lamina::util
