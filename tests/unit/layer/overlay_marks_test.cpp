// SPDX-License-Identifier: Apache-2.0
#include <lamina/layer/overlay_marks.hpp>

#include <cerrno>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

namespace lamina::layer {
namespace {

using namespace std::string_literals;

/// The errno of the Error; 0 when there is none.
template <typename Action>
int code_of(Action action) {
  try {
    (void)action();
    return 0;
  } catch (const util::Error& error) {
    return error.code();
  }
}

TEST(OverlayMarks, HaveTheKernelsNames) {
  EXPECT_EQ(mark_name(MarkSpace::trusted, OverlayMark::opaque), "trusted.overlay.opaque");
  EXPECT_EQ(mark_name(MarkSpace::user, OverlayMark::redirect), "user.overlay.redirect");
  EXPECT_EQ(mark_name(MarkSpace::user, OverlayMark::metacopy), "user.overlay.metacopy");
  EXPECT_EQ(mark_name(MarkSpace::user, OverlayMark::origin), "user.overlay.origin");
  EXPECT_EQ(mark_name(MarkSpace::user, OverlayMark::impure), "user.overlay.impure");
  EXPECT_EQ(mark_name(MarkSpace::trusted, OverlayMark::whiteout), "trusted.overlay.whiteout");
  EXPECT_TRUE(is_mark_name(MarkSpace::user, "user.overlay.something new"));
  EXPECT_FALSE(is_mark_name(MarkSpace::user, "trusted.overlay.opaque"));
  EXPECT_FALSE(is_mark_name(MarkSpace::user, "user.overlay"));
}

TEST(Opaque, IsOneOfTwoLetters) {
  EXPECT_EQ(find_opaque("y"), Opaque::opaque);
  EXPECT_EQ(find_opaque("x"), Opaque::has_whiteouts);
  for (const auto& value : {""s, "n"s, "Y"s, "yy"s, "y\0"s, "y\n"s}) EXPECT_EQ(find_opaque(value), std::nullopt);
  for (const auto opaque : {Opaque::opaque, Opaque::has_whiteouts}) {
    EXPECT_EQ(find_opaque(format_opaque(opaque)), opaque);
  }
}

TEST(Redirect, LeadsFromTheRootOrStaysInTheParent) {
  const auto absolute = parse_redirect("/usr/lib\xff");
  EXPECT_EQ(absolute.from, Redirect::From::root);
  EXPECT_EQ(absolute.path.components(), (std::vector{"usr"s, "lib\xff"s}));
  EXPECT_EQ(format_redirect(absolute), "/usr/lib\xff");
  const auto relative = parse_redirect("...");
  EXPECT_EQ(relative.from, Redirect::From::parent);
  EXPECT_EQ(relative.path.components(), std::vector{"..."s});
  EXPECT_EQ(format_redirect(relative), "...");
}

TEST(Redirect, IsNeverNormalised) {
  const std::string long_name(256, 'n');
  std::string long_path;
  while (long_path.size() <= 65536) long_path += "/" + std::string(255, 'n');
  for (const auto& value : {""s, "/"s, "//a"s, "/a/"s, "/a//b"s, "."s, ".."s, "/.."s, "/a/../b"s, "/./a"s, "a/b"s,
                            "a/"s, "a\0b"s, "/a\0"s, long_name, "/" + long_name, long_path}) {
    EXPECT_EQ(code_of([&] { return parse_redirect(value); }), EIO) << value.substr(0, 20);
  }
  EXPECT_EQ(parse_redirect("/" + std::string(255, 'n')).path.components().size(), 1U);
}

TEST(Redirect, WhatCannotBeReadIsNotWritten) {
  const auto path = util::RelPath::parse("a/b");
  EXPECT_EQ(code_of([&] { return format_redirect({Redirect::From::parent, path}); }), EINVAL);
  EXPECT_EQ(code_of([&] { return format_redirect({Redirect::From::root, {}}); }), EINVAL);
}

TEST(Metacopy, IsEmptyOrHasADigest) {
  EXPECT_EQ(parse_metacopy(""), Metacopy{});
  EXPECT_EQ(parse_metacopy("\0\4\0\0"s), Metacopy{});
  EXPECT_EQ(format_metacopy({}), "");
  const Metacopy sha256{Metacopy::Algorithm::sha256, std::string(32, 'd')};
  EXPECT_EQ(format_metacopy(sha256), "\0\x24\0\1"s + std::string(32, 'd'));
  EXPECT_EQ(parse_metacopy(format_metacopy(sha256)), sha256);
  const Metacopy sha512{Metacopy::Algorithm::sha512, std::string(64, 'd')};
  EXPECT_EQ(parse_metacopy(format_metacopy(sha512)), sha512);
}

TEST(Metacopy, RefusesEverythingElse) {
  const std::string digest(32, 'd');
  for (const auto& value : {"\0"s, "\0\3\0"s, "\1\4\0\0"s, "\0\5\0\0"s, "\0\4\1\0"s, "\0\4\0\1"s,
                            "\0\x24\0\0"s + digest, "\0\x24\0\2"s + digest, "\0\x24\0\3"s + digest,
                            "\0\x25\0\1"s + digest, "\0\x25\0\1"s + digest + "d", "\0\x24\0\1"s + digest + "d"}) {
    EXPECT_EQ(code_of([&] { return parse_metacopy(value); }), EIO) << testing::PrintToString(value);
  }
  EXPECT_EQ(code_of([] { return format_metacopy({Metacopy::Algorithm::sha256, "short"}); }), EINVAL);
  EXPECT_EQ(code_of([] { return format_metacopy({Metacopy::Algorithm::none, "d"}); }), EINVAL);
  EXPECT_EQ(code_of([] { return format_metacopy({static_cast<Metacopy::Algorithm>(3), ""}); }), EINVAL);
}

TEST(RecordedStat, ReadsWhatPodmanAndFuseOverlayfsWrite) {
  EXPECT_EQ(parse_recorded_stat("0:0:0755:dir"), (RecordedStat{0, 0, S_IFDIR | 0755, {}}));
  EXPECT_EQ(parse_recorded_stat("1000:5:4755:file"), (RecordedStat{1000, 5, S_IFREG | 04755, {}}));
  EXPECT_EQ(parse_recorded_stat("0:0:0777:symlink"), (RecordedStat{0, 0, S_IFLNK | 0777, {}}));
  EXPECT_EQ(parse_recorded_stat("0:0:0600:pipe"), (RecordedStat{0, 0, S_IFIFO | 0600, {}}));
  EXPECT_EQ(parse_recorded_stat("0:0:0600:socket"), (RecordedStat{0, 0, S_IFSOCK | 0600, {}}));
  EXPECT_EQ(parse_recorded_stat("0:0:0666:char-1-3"), (RecordedStat{0, 0, S_IFCHR | 0666, {1, 3}}));
  EXPECT_EQ(parse_recorded_stat("0:6:0660:block-259-1048575"), (RecordedStat{0, 6, S_IFBLK | 0660, {259, 1048575}}));
  EXPECT_EQ(parse_recorded_stat("4294967294:0:644"), (RecordedStat{4294967294, 0, 0644, {}}));
  EXPECT_EQ(parse_recorded_stat("0:0:0100755"), (RecordedStat{0, 0, 0755, {}}));
}

TEST(RecordedStat, RefusesEverythingElse) {
  for (const auto& value : {""s,
                            "0"s,
                            "0:0"s,
                            "0:0:"s,
                            ":0:755"s,
                            "0:0:755:"s,
                            "0:0:755:dir:"s,
                            "0:0:755:dir:0"s,
                            "-1:0:755"s,
                            "+1:0:755"s,
                            " 0:0:755"s,
                            "0:0:755 "s,
                            "0:0:755\0"s,
                            "0:0:855"s,
                            "0:0:0x1ff"s,
                            "0:0:200000"s,
                            "4294967295:0:755"s,
                            "0:4294967295:755"s,
                            "4294967296:0:755"s,
                            "0:0:755:directory"s,
                            "0:0:755:dir-1-2"s,
                            "0:0:755:char"s,
                            "0:0:755:char-1"s,
                            "0:0:755:char-1-"s,
                            "0:0:755:char-1-2-3"s,
                            "0:0:755:char-1:2"s,
                            "0:0:755:block--1-2"s}) {
    EXPECT_EQ(code_of([&] { return parse_recorded_stat(value); }), EIO) << value;
  }
}

TEST(RecordedStat, IsWrittenAsPodmanDoes) {
  EXPECT_EQ(format_recorded_stat({1000, 5, S_IFDIR | 0755, {}}), "1000:5:0755:dir");
  EXPECT_EQ(format_recorded_stat({0, 0, S_IFCHR | 01600, {1, 3}}), "0:0:1600:char-1-3");
  EXPECT_EQ(format_recorded_stat({0, 0, 0644, {}}), "0:0:0644");
}

TEST(RecordedStat, WhatCannotBeReadIsNotWritten) {
  const RecordedStat no_owner{4294967295, 0, 0644, {}};
  const RecordedStat no_type{0, 0, 0150000 | 0644, {}};
  const RecordedStat no_device{0, 0, S_IFREG | 0644, {1, 3}};
  for (const auto& stat : {no_owner, no_type, no_device}) {
    EXPECT_EQ(code_of([&] { return format_recorded_stat(stat); }), EINVAL);
  }
}

}  // namespace
}  // namespace lamina::layer
