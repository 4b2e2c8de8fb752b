// SPDX-License-Identifier: Apache-2.0
#include <lamina/overlay/overlay.hpp>

#include <cerrno>
#include <functional>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

#include "sample.hpp"

namespace lamina::overlay {
namespace {

int code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const util::Error& error) {
    return error.code();
  }
  return 0;
}

class OverlayTest : public ::testing::Test {
protected:
  OverlayTest() {
    sample.directory("usr/bin");
    sample.file("usr/bin/tool", "#!/bin/sh\n", {{"security.capability", std::string("\1\0\2", 3)}, {"user.a", "b"}});
    sample.hardlink("usr/bin/same", "usr/bin/tool");
    sample.file("empty", "");
    sample.file("missing", "its object is taken away");
    sample.file("short", "its object is cut");
    sample.symlink("link", "usr/bin/tool");
    sample.special("null", S_IFCHR | 0666, {1, 3});
    std::filesystem::remove(sample.object("its object is taken away"));
    std::filesystem::resize_file(sample.object("its object is cut"), 5);
    overlay.emplace(sample.tree(), sample.files());
  }

  Ino ino(const std::string& path) const {
    Ino at = tree::kRootIno;
    const auto parsed = util::RelPath::parse(path);
    for (const auto& name : parsed.components()) at = overlay->lookup(at, name).value().ino;
    return at;
  }
  std::string read(const std::string& path, std::uint64_t offset = 0, std::size_t size = 4096) const {
    std::string text(size, '\0');
    text.resize(overlay->read(ino(path), std::as_writable_bytes(std::span(text)), offset));
    return text;
  }

  test::Sample sample;
  std::optional<Overlay> overlay;
};

TEST_F(OverlayTest, LooksUpAndDescribes) {
  const auto tool = overlay->getattr(ino("usr/bin/tool"));
  EXPECT_EQ(tool.inode.mode, S_IFREG | 0644U);
  EXPECT_EQ(tool.inode.uid, 12U);
  EXPECT_EQ(tool.inode.gid, 34U);
  EXPECT_EQ(tool.inode.nlink, 2U);
  EXPECT_EQ(tool.inode.size, 10U);
  EXPECT_EQ(tool.inode.mtime, (util::Timestamp{test::Sample::kTime, 987'654'321}));
  EXPECT_EQ(ino("usr/bin/same"), tool.ino);
  EXPECT_EQ(overlay->getattr(ino("null")).inode.rdev, (util::Device{1, 3}));
  EXPECT_FALSE(overlay->lookup(tree::kRootIno, "nothing"));
  EXPECT_EQ(overlay->lookup(ino("usr/bin"), ".")->ino, ino("usr/bin"));
  EXPECT_EQ(overlay->lookup(ino("usr/bin"), "..")->ino, ino("usr"));
  EXPECT_EQ(overlay->lookup(tree::kRootIno, "..")->ino, tree::kRootIno);
}

TEST_F(OverlayTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(code_of([&] { overlay->lookup(ino("empty"), "x"); }), ENOTDIR);
  EXPECT_EQ(code_of([&] { overlay->lookup(tree::kRootIno, std::string(256, 'n')); }), ENAMETOOLONG);
  EXPECT_EQ(code_of([&] { overlay->readlink(ino("empty")); }), EINVAL);
  EXPECT_EQ(code_of([&] { read("usr"); }), EISDIR);
  EXPECT_EQ(code_of([&] { read("link"); }), EINVAL);
  EXPECT_EQ(code_of([&] { read("null"); }), EINVAL);
  EXPECT_EQ(code_of([&] { overlay->open(ino("usr")); }), EISDIR);
  EXPECT_EQ(code_of([&] { overlay->lseek(ino("usr"), 0, SEEK_DATA); }), EISDIR);
  EXPECT_EQ(code_of([&] { overlay->readdir(ino("empty"), 0, [](auto&&...) { return true; }); }), ENOTDIR);
  EXPECT_NE(code_of([&] { overlay->getattr(1'000'000); }), 0);
  EXPECT_NE(code_of([&] { overlay->getattr(0); }), 0);
}

TEST_F(OverlayTest, ReadsLinksAndFiles) {
  EXPECT_EQ(overlay->readlink(ino("link")), "usr/bin/tool");
  EXPECT_EQ(read("usr/bin/tool"), "#!/bin/sh\n");
  EXPECT_EQ(read("usr/bin/tool", 2, 4), "/bin");
  EXPECT_EQ(read("usr/bin/tool", 10), "");
  EXPECT_EQ(read("usr/bin/tool", 1'000'000), "");
  EXPECT_EQ(read("empty"), "");
  EXPECT_EQ(overlay->open(ino("empty")), nullptr);
  EXPECT_EQ(util::file_size(*overlay->open(ino("usr/bin/tool")), "object"), 10U);
}

TEST_F(OverlayTest, TryReadNeverClaimsWhatIsNotThere) {
  std::string text(10, '\0');
  const auto got = overlay->try_read(ino("usr/bin/tool"), std::as_writable_bytes(std::span(text)), 0);
  EXPECT_EQ(text.substr(0, got.value_or(0)), got ? "#!/bin/sh\n" : "");  // the page may be on disk only
}

TEST_F(OverlayTest, DamagedObjectsAreInputOutputErrors) {
  EXPECT_EQ(code_of([&] { read("missing"); }), EIO);
  EXPECT_EQ(code_of([&] { overlay->open(ino("missing")); }), EIO);
  EXPECT_EQ(read("short", 0, 5), "its o");
  EXPECT_EQ(code_of([&] { read("short", 0, 6); }), EIO);
  EXPECT_EQ(code_of([&] { read("short", 7, 1); }), EIO);
  EXPECT_EQ(code_of([&] { overlay->open(ino("short")); }), EIO);
  EXPECT_EQ(read("usr/bin/tool"), "#!/bin/sh\n");
}

TEST_F(OverlayTest, ListsFromAnyOffset) {
  struct Seen {
    std::string name;
    Ino ino;
    std::uint64_t next;
    bool operator==(const Seen&) const = default;
  };
  const auto list = [&](const std::string& path, std::uint64_t offset, std::size_t limit) {
    std::vector<Seen> seen;
    overlay->readdir(ino(path), offset, [&](std::string_view name, const Attr& attr, std::uint64_t next) {
      if (seen.size() == limit) return false;
      seen.push_back({std::string(name), attr.ino, next});
      return true;
    });
    return seen;
  };
  const auto all = list("usr/bin", 0, 100);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], (Seen{".", ino("usr/bin"), 1}));
  EXPECT_EQ(all[1], (Seen{"..", ino("usr"), 2}));
  EXPECT_EQ(all[2], (Seen{"same", ino("usr/bin/same"), 3}));
  EXPECT_EQ(all[3], (Seen{"tool", ino("usr/bin/tool"), 4}));
  for (std::size_t from = 0; from <= all.size(); ++from) {
    EXPECT_EQ(list("usr/bin", from, 1),
              (std::vector<Seen>(all.begin() + static_cast<std::ptrdiff_t>(from),
                                 all.begin() + static_cast<std::ptrdiff_t>(std::min(from + 1, all.size())))));
  }
  EXPECT_TRUE(list("usr/bin", ~std::uint64_t{0}, 100).empty());
  EXPECT_EQ(list("", 0, 2)[1].ino, tree::kRootIno);
}

TEST_F(OverlayTest, SeeksDataAndHoles) {
  EXPECT_EQ(overlay->lseek(ino("usr/bin/tool"), 3, SEEK_DATA), 3U);
  EXPECT_EQ(overlay->lseek(ino("usr/bin/tool"), 3, SEEK_HOLE), 10U);
  EXPECT_EQ(code_of([&] { overlay->lseek(ino("usr/bin/tool"), 10, SEEK_DATA); }), ENXIO);
  EXPECT_EQ(code_of([&] { overlay->lseek(ino("empty"), 0, SEEK_HOLE); }), ENXIO);
  EXPECT_EQ(code_of([&] { overlay->lseek(ino("usr/bin/tool"), 0, SEEK_SET); }), EINVAL);
}

TEST_F(OverlayTest, ShowsXattrs) {
  EXPECT_TRUE(overlay->has_xattrs());
  EXPECT_EQ(overlay->getxattr(ino("usr/bin/tool"), "security.capability"), std::string_view("\1\0\2", 3));
  EXPECT_EQ(overlay->getxattr(ino("usr/bin/tool"), "user.none"), std::nullopt);
  EXPECT_EQ(overlay->getxattr(ino("empty"), "user.a"), std::nullopt);
  EXPECT_EQ(overlay->listxattr(ino("usr/bin/tool")), std::string("security.capability\0user.a\0", 27));
  EXPECT_EQ(overlay->listxattr(ino("empty")), "");
}

TEST_F(OverlayTest, CountsTheImage) {
  const auto totals = overlay->statfs();
  EXPECT_EQ(totals.bytes, 10U + 24U + 17U);
  EXPECT_EQ(totals.files, 9U);  // /, usr, usr/bin, tool (also "same"), empty, missing, short, link, null
}

TEST(Overlay, SaysWhenNoNodeHasAnXattr) {
  test::Sample sample;
  sample.file("file", "text");
  EXPECT_FALSE(Overlay(sample.tree(), sample.files()).has_xattrs());
}

}  // namespace
}  // namespace lamina::overlay
