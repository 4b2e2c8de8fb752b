// SPDX-License-Identifier: Apache-2.0
// Names, link targets and xattr names are bytes: through every dialect of tar and in every locale they come out as
// they stand in the archive.
#include <clocale>

#include <gtest/gtest.h>

#include <lamina/archive/tar_reader.hpp>

#include "tar_contents.hpp"
#include "tar_maker.hpp"

namespace lamina::archive {
namespace {

using namespace test;

const std::vector<std::string> kNames = {
    "plain",
    "with blank and\nnewline\ttab",
    "\xc3\xa9",                              // é, composed (NFC)
    "e\xcc\x81",                             // é, decomposed (NFD)
    "\xe1\x84\x80\xe1\x85\xa1",              // Hangul, decomposed
    "\xe2\x84\xaa",                          // the Kelvin sign, which normalises to K
    "caf\xe9",                               // Latin-1
    "\x83\x65\x83\x58\x83\x67",              // Shift JIS
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",  // Japanese
    "\xff\xfe\x80",                          // nothing at all
    "\xc0\xaf",                              // overlong
    "\xed\xa0\x80\xed\xb0\x80",              // a surrogate pair
    "\xf0\x9f\x8f\xb4",                      // beyond the first plane
    "\xef\xbb\xbf"
    "after a byte order mark",
    "half \xe6\x97",
    "/absolute/../up",
    "./dot/",
    std::string(99, 'x') + "\xff",
};

class TarNames : public testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    if (std::setlocale(LC_ALL, GetParam()) == nullptr) GTEST_SKIP() << "no locale " << GetParam();
  }
  void TearDown() override { std::setlocale(LC_ALL, "C"); }
};

INSTANTIATE_TEST_SUITE_P(Locales, TarNames, testing::Values("C", "C.UTF-8"),
                         [](const auto& param) { return "Locale" + std::to_string(param.index); });

TEST_P(TarNames, InUstarHeaders) {
  for (const auto& name : kNames) {
    const auto entry = read_one(member({.name = name, .type = '2', .link = name}) + kEnd).entry;
    EXPECT_EQ(entry.path, name);
    EXPECT_EQ(entry.link_target, name);
    EXPECT_EQ(read_one(member({.name = name, .type = '2', .link = name, .prefix = "pre/\xff"}) + kEnd).entry.path,
              "pre/\xff/" + name);
  }
}

TEST_P(TarNames, InGnuHeaders) {
  for (const auto& name : kNames) {
    for (const auto& text : {name, std::string(300, 'd') + "/" + name}) {
      const auto entry = read_one(gnu_long('L', text) + gnu_long('K', text) +
                                  member({.name = "x", .type = '2', .link = "y", .magic = kGnu}) + kEnd)
                             .entry;
      EXPECT_EQ(entry.path, text);
      EXPECT_EQ(entry.link_target, text);
    }
  }
}

TEST_P(TarNames, InPaxHeaders) {
  for (const auto& name : kNames) {
    for (const auto& text : {name, std::string(300, 'd') + "/" + name}) {
      const auto records =
          std::vector<std::pair<std::string, std::string>>{{"path", text}, {"linkpath", text}, {"gname", name}};
      for (const char type : {'1', '2'}) {
        const auto entry = read_one(pax(records) + member({.name = "x", .type = type, .link = "y"}) + kEnd).entry;
        EXPECT_EQ(entry.path, text);
        EXPECT_EQ(entry.link_target, text);
      }
      auto binary = records;
      binary.insert(binary.begin(), {"hdrcharset", "BINARY"});
      const auto entry = read_one(pax(binary) + member({.name = "x", .type = '2', .link = "y"}) + kEnd).entry;
      EXPECT_EQ(entry.path, text);
      EXPECT_EQ(entry.link_target, text);
    }
  }
}

TEST_P(TarNames, OfXattrs) {
  for (const auto& name : kNames) {
    const auto entry = read_one(pax({{"SCHILY.xattr.user." + name, name}}) + member({.name = "x"}) + kEnd).entry;
    EXPECT_EQ(entry.metadata.xattrs, (util::Xattrs{{"user." + name, name}}));
  }
}

// To libarchive 3.6 a PAX name in the C locale is a conversion to ASCII that fails, and then the bytes are kept; but
// glibc's iconv drops U+E0000 to U+E007F ("tags") rather than fail, so among nothing but ASCII it loses them.
TEST_P(TarNames, OfTagCharactersAndAsciiAlone) {
  const auto tag = "\xf3\xa0\x81\x81"s;
  EXPECT_EQ(read_one(pax({{"path", "a" + tag + "b"}}) + member({.name = "x"}) + kEnd).entry.path, "a" + tag + "b");
  EXPECT_EQ(read_one(pax({{"path", "\xc3\xa9" + tag}}) + member({.name = "x"}) + kEnd).entry.path, "\xc3\xa9" + tag);
  EXPECT_EQ(
      read_one(pax({{"hdrcharset", "BINARY"}, {"path", "a" + tag + "b"}}) + member({.name = "x"}) + kEnd).entry.path,
      "a" + tag + "b");
}

TEST_P(TarNames, WithNuls) {
  const auto name = "a\0b"s;
  const auto entry =
      read_one(pax({{"path", name}, {"linkpath", name}}) + member({.name = "x", .type = '2', .link = "y"}) + kEnd)
          .entry;
  EXPECT_EQ(entry.path, name);
  EXPECT_EQ(entry.link_target, name);
}

// Go's archive/tar writes into a ustar header what of a name is ASCII.
TEST_P(TarNames, ThatOnlyThePaxHeaderHas) {
  for (const char type : {'1', '2'}) {
    const auto entry =
        read_one(pax({{"path", "\xc3\xa9"}, {"linkpath", "\xc3\xa8"}}) + member({.name = "", .type = type}) + kEnd)
            .entry;
    EXPECT_EQ(entry.type, type == '1' ? EntryType::hardlink : EntryType::symlink);
    EXPECT_EQ(entry.path, "\xc3\xa9");
    EXPECT_EQ(entry.link_target, "\xc3\xa8");
  }
}

TEST_P(TarNames, OfSparseFilesAreNotTheOnesMadeUp) {
  const auto entry = read_one(pax({{"GNU.sparse.major", "1"},
                                   {"GNU.sparse.minor", "0"},
                                   {"GNU.sparse.name", "caf\xc3\xa9"},
                                   {"GNU.sparse.realsize", "10"},
                                   {"path", "GNUSparseFile.0/caf"}}) +
                              member({.name = "GNUSparseFile.0/x"}, padded("0\n")) + kEnd)
                         .entry;
  EXPECT_EQ(entry.path, "caf\xc3\xa9");
  EXPECT_EQ(entry.size, 10U);
}

TEST_P(TarNames, OfGnuAreNotThePaxHeaders) {
  const auto entry =
      read_one(gnu_long('L', "gnu") + gnu_long('K', "gnu target") + pax({{"path", "p"}, {"linkpath", "l"}}) +
               member({.name = "x", .type = '2', .link = "y"}) + kEnd)
          .entry;
  EXPECT_EQ(entry.path, "gnu");
  EXPECT_EQ(entry.link_target, "gnu target");
}

}  // namespace
}  // namespace lamina::archive
