// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_index.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "sources.hpp"
#include "tar_maker.hpp"

namespace lamina::archive {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

std::shared_ptr<const util::Fd> make_file(const std::string& bytes) {
  util::Fd fd(memfd_create("archive", MFD_CLOEXEC));
  util::write_all(fd, util::as_bytes(bytes), "the archive");
  return std::make_shared<const util::Fd>(std::move(fd));
}

std::map<std::string, TarMember> index_of(const std::string& bytes) {
  return index_tar(make_file(bytes), "the archive");
}

TEST(TarIndex, SaysWhereContentsLie) {
  const auto big = sample(3'000'000);
  const auto file =
      make_file(member({.name = "./manifest.json"}, "[]") + member({.name = "blobs/", .type = '5'}) +
                pax({{"path", "blobs/sha256/" + std::string(200, 'f')}}) + member({.name = "x"}, big) +
                gnu_long('L', std::string(150, 'g')) + member({.name = "y", .magic = kGnu}, "long name") +
                member({.name = "/abs//b/./c"}, std::string(512, 'c')) + member({.name = "empty"}) + kEnd);
  const auto members = index_tar(file, "it");
  const auto content = [&](const std::string& path) {
    const auto& at = members.at(path);
    util::FileSource source(file, at.offset, at.size, "it");
    return util::read_all(source, 10'000'000, "it");
  };
  EXPECT_EQ(members.size(), 5U);
  EXPECT_EQ(content("manifest.json"), "[]");
  EXPECT_EQ(content("blobs/sha256/" + std::string(200, 'f')), big);
  EXPECT_EQ(content(std::string(150, 'g')), "long name");
  EXPECT_EQ(content("abs/b/c"), std::string(512, 'c'));
  EXPECT_EQ(content("empty"), "");
}

TEST(TarIndex, TheLastOfANameWins) {
  const auto members = index_of(member({.name = "a"}, "one") + member({.name = "./a"}, "three") + kEnd);
  EXPECT_EQ(members.at("a").size, 5U);
}

TEST(TarIndex, NormalisesLinkTargets) {
  const auto members = index_of(member({.name = "one/layer.tar"}, "x") +
                                member({.name = "two/layer.tar", .type = '2', .link = "../one/layer.tar"}) +
                                member({.name = "three", .type = '2', .link = "/one/./layer.tar"}) +
                                member({.name = "dir/four", .type = '1', .link = "./one/layer.tar"}) +
                                member({.name = "out", .type = '2', .link = "../../etc/passwd"}) +
                                member({.name = "../up"}, "x") + kEnd);
  EXPECT_THAT(members, ElementsAre(Key("dir/four"), Key("one/layer.tar"), Key("three"), Key("two/layer.tar")));
  EXPECT_EQ(members.at("one/layer.tar").link_target, "");
  for (const auto* const link : {"two/layer.tar", "three", "dir/four"})
    EXPECT_EQ(members.at(link).link_target, "one/layer.tar") << link;
}

TEST(TarIndex, LeavesOutFilesWithHoles) {
  const auto members =
      index_of(pax({{"GNU.sparse.size", "24"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,4"}}) +
               member({.name = "sparse"}, "abcd") + member({.name = "b"}, "x") + kEnd);
  EXPECT_THAT(members, ElementsAre(Key("b")));

  const auto only_holes = pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "8192"}}) +
                          member({.name = "only_holes"}, padded("0\n"));
  EXPECT_THAT(index_of(only_holes + member({.name = "b"}, "x") + kEnd), ElementsAre(Key("b")));
  EXPECT_TRUE(index_of(only_holes + kEnd).empty());
}

TEST(TarIndex, RefusesWhatIsNoTarOrTruncated) {
  EXPECT_THAT(error_of([] { index_of(std::string(5'000, 'x')); }), HasSubstr("the archive cannot be read"));
  EXPECT_TRUE(index_of("").empty());
  const auto first = member({.name = "a"}, sample(5'000));
  const auto bytes = first + member({.name = "b"}, sample(200'000));
  for (std::size_t length = 1; length < bytes.size(); length += length < 6'000 ? 1 : 509) {
    if (length == first.size()) continue;
    EXPECT_NE(error_of([&] { index_of(bytes.substr(0, length)); }), "") << length;
  }
  EXPECT_EQ(index_of(bytes).size(), 2U);
}

}  // namespace
}  // namespace lamina::archive
