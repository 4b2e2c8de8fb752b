// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tar_contents.hpp"
#include "tar_maker.hpp"

namespace lamina::archive {
namespace {

using namespace std::string_literals;
using namespace test;
using testing::HasSubstr;
using testing::Not;

Entry file(std::string path, std::uint64_t size = 0) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = size;
  entry.metadata.mode = S_IFREG | 0644U;
  return entry;
}

Entry link(EntryType type, std::string path, std::string target) {
  auto entry = file(std::move(path));
  entry.type = type;
  entry.link_target = std::move(target);
  entry.metadata.mode = (type == EntryType::symlink ? S_IFLNK : S_IFREG) | 0777U;
  return entry;
}

std::string write(const std::vector<std::pair<Entry, std::string>>& members) {
  StringSink sink;
  TarWriter writer(sink);
  for (const auto& [entry, content] : members) {
    util::MemorySource source(content);
    writer.add(entry, &source);
  }
  writer.finish();
  return sink.text;
}

Entry round_trip(const Entry& entry) { return read_one(write({{entry, std::string(entry.size, 'c')}})).entry; }

void expect_same(const Entry& entry) {
  const auto again = round_trip(entry);
  EXPECT_EQ(again.path, entry.path);
  EXPECT_EQ(again.type, entry.type);
  EXPECT_EQ(again.link_target, entry.link_target);
  EXPECT_EQ(again.size, entry.size);
  EXPECT_EQ(again.metadata, entry.metadata) << entry.path;
}

TEST(TarWriter, WritesEveryType) {
  expect_same(file("plain", 1000));
  expect_same(link(EntryType::symlink, "soft", "../target"));
  expect_same(link(EntryType::hardlink, "hard", "plain"));
  for (const auto& [type, bits] : {std::pair{EntryType::directory, S_IFDIR},
                                   {EntryType::fifo, S_IFIFO},
                                   {EntryType::character_device, S_IFCHR},
                                   {EntryType::block_device, S_IFBLK}}) {
    auto entry = file("special/");
    entry.type = type;
    entry.metadata.mode = static_cast<std::uint32_t>(bits) | 07751U;
    if (type == EntryType::character_device || type == EntryType::block_device) entry.metadata.rdev = {4095, 1048575};
    expect_same(entry);
  }
}

TEST(TarWriter, WritesNamesAsBytes) {
  for (const auto& name : {"plain"s, "a b\nc\td"s, "\xc3\xa9"s, "e\xcc\x81"s, "caf\xe9"s, "\xe6\x97\xa5\xe6\x9c\xac"s,
                           "\xff\xfe"s, "\xed\xa0\x80"s, "\xf3\xa0\x81\x81tag"s, "/absolute/../x"s,
                           std::string(100, 'x'), std::string(101, 'x'), std::string(255, '\xff')}) {
    for (const auto& path : {name, "dir/" + name, std::string(250, 'd') + "/" + name, std::string(4000, 'd') + name}) {
      expect_same(file(path, 3));
      expect_same(link(EntryType::symlink, path, path));
      expect_same(link(EntryType::hardlink, path, path));
    }
  }
}

TEST(TarWriter, WritesOwnersTimesAndXattrs) {
  auto entry = file("x");
  auto& metadata = entry.metadata;
  metadata.uid = 4294967294;
  metadata.gid = 2097152;
  metadata.xattrs = {{"security.capability", "\1\0\0\2\xff"s},
                     {"user.a", ""},
                     {"user.b", "line\nline=1"},
                     {"user.c", std::string(65536, '\0')}};
  for (const auto& mtime : {util::Timestamp{0, 0},
                            {1700000000, 1},
                            {1700000000, 123456789},
                            {1, 500000000},
                            {2147483647, 0},
                            {8589934592, 7},
                            {-1, 0},
                            {-86400, 0},
                            {-2, 750000000},
                            {-2, 1}}) {
    metadata.mtime = mtime;
    expect_same(entry);
  }
}

TEST(TarWriter, WritesContents) {
  const auto content = sample(1'000'000);
  const auto members = read_tar(
      write({{file("a", content.size()), content}, {file("empty"), ""}, {file("b", 512), std::string(512, 'b')}}));
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].content, content);
  EXPECT_EQ(members[1].content, "");
  EXPECT_EQ(members[2].content, std::string(512, 'b'));
}

TEST(TarWriter, TheSameEntriesGiveTheSameBytes) {
  auto entry = file("caf\xe9", 3);
  entry.metadata.mtime = {1700000000, 5};
  entry.metadata.xattrs = {{"user.a", "1"}, {"user.b", "2"}};
  const auto bytes = write({{entry, "abc"}});
  EXPECT_EQ(bytes, write({{entry, "abc"}}));
  EXPECT_THAT(bytes, Not(HasSubstr("atime")));
  EXPECT_THAT(bytes, Not(HasSubstr("ctime")));
  EXPECT_THAT(bytes, Not(HasSubstr("uname")));
  EXPECT_THAT(bytes, Not(HasSubstr("LIBARCHIVE")));
  EXPECT_THAT(bytes, HasSubstr("hdrcharset=BINARY\n"));
  EXPECT_THAT(bytes, HasSubstr("SCHILY.xattr.user.a=1\n"));
  EXPECT_LT(bytes.find("user.a"), bytes.find("user.b"));
  EXPECT_EQ(bytes.size() % kBlock, 0U);
  EXPECT_EQ(bytes.substr(bytes.size() - kEnd.size()), kEnd);
}

TEST(TarWriter, PlainMembersNeedNoPaxHeader) {
  auto entry = file("x", 1);
  entry.metadata.mtime = {1700000000, 0};
  EXPECT_EQ(write({{entry, "y"}}).size(), 2 * kBlock + kEnd.size());
  EXPECT_EQ(write({}), kEnd);
}

TEST(TarWriter, AFractionBeforeTheEpochIsWrittenAsPosixReadsIt) {
  auto entry = file("x");
  entry.metadata.mtime = {-2, 500000000};
  EXPECT_THAT(write({{entry, ""}}), HasSubstr("mtime=-1.5\n"));
}

TEST(TarWriter, RefusesContentOfAnotherSize) {
  EXPECT_THAT(error_of([] { write({{file("x", 3), "ab"}}); }), HasSubstr("shorter than 3"));
  EXPECT_THAT(error_of([] { write({{file("x", 3), "abcd"}}); }), HasSubstr("longer than 3"));
  StringSink sink;
  TarWriter writer(sink);
  EXPECT_THAT(error_of([&] { writer.add(file("x", 3)); }), HasSubstr("shorter"));
}

TEST(TarWriter, RefusesWhatTarCannotHold) {
  EXPECT_THAT(error_of([] { write({{file(""), ""}}); }), HasSubstr("empty"));
  EXPECT_THAT(error_of([] { write({{file("a\0b"s), ""}}); }), HasSubstr("NUL"));
  for (const auto& name : {"user.a=b"s, "user.a b"s, "user.a%b"s, "user.\xc3\xa9"s, "user.a\n"s}) {
    auto entry = file("x");
    entry.metadata.xattrs = {{name, "v"}};
    EXPECT_THAT(error_of([&] { write({{entry, ""}}); }), HasSubstr("extended attribute")) << name;
  }
}

TEST(TarWriter, AnArchiveThatIsNotFinishedHasNoEnd) {
  StringSink sink;
  {
    TarWriter writer(sink);
    writer.add(file("x"));
  }
  EXPECT_EQ(sink.text.size(), kBlock);
}

TEST(TarWriter, PassesOnTheSinksFailure) {
  class FullSink final : public util::Sink {
    void write(util::Bytes) override { throw util::Error("the disk is full", 28); }
  } sink;
  EXPECT_EQ(error_of([&] {
              TarWriter writer(sink);
              writer.add(file("x"));
              writer.finish();
            }),
            "the disk is full");
}

}  // namespace
}  // namespace lamina::archive
