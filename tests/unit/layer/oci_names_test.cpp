// SPDX-License-Identifier: Apache-2.0
#include <lamina/layer/oci_names.hpp>

#include <gtest/gtest.h>

namespace lamina::layer {
namespace {

struct Case {
  std::string_view name;
  OciNameKind kind;
  std::string_view target;
};

class ParseOciName : public testing::TestWithParam<Case> {};

TEST_P(ParseOciName, SaysWhatTheNameMeans) {
  const auto parsed = parse_oci_name(GetParam().name);
  EXPECT_EQ(parsed.kind, GetParam().kind);
  EXPECT_EQ(parsed.target, GetParam().target);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ParseOciName,
    testing::Values(
        Case{"passwd", OciNameKind::plain, ""}, Case{"", OciNameKind::plain, ""}, Case{".", OciNameKind::plain, ""},
        Case{".wh", OciNameKind::plain, ""}, Case{".WH.x", OciNameKind::plain, ""},
        Case{"x.wh.y", OciNameKind::plain, ""}, Case{".wh.passwd", OciNameKind::whiteout, "passwd"},
        Case{".wh..hidden", OciNameKind::whiteout, ".hidden"}, Case{".wh..wh", OciNameKind::whiteout, ".wh"},
        Case{".wh..wh-x", OciNameKind::whiteout, ".wh-x"}, Case{".wh....", OciNameKind::whiteout, "..."},
        Case{".wh.\xff\xfe", OciNameKind::whiteout, "\xff\xfe"}, Case{".wh.a b\n", OciNameKind::whiteout, "a b\n"},
        Case{".wh..wh..opq", OciNameKind::opaque, ""}, Case{".wh..wh..opqx", OciNameKind::metadata, ""},
        Case{".wh..wh.", OciNameKind::metadata, ""}, Case{".wh..wh.aufs", OciNameKind::metadata, ""},
        Case{".wh..wh.plnk", OciNameKind::pseudo_links, ""}, Case{".wh..wh.plnk2", OciNameKind::metadata, ""},
        Case{".wh.", OciNameKind::malformed, ""}, Case{".wh..", OciNameKind::malformed, ""},
        Case{".wh...", OciNameKind::malformed, ""}));

TEST(OciNames, WhatIsWrittenIsReadAgain) {
  for (const std::string_view name : {"a", ".a", "...", "\xc3\xa9"}) {
    const auto written = whiteout_name(name);
    const auto parsed = parse_oci_name(written);
    EXPECT_EQ(parsed.kind, OciNameKind::whiteout);
    EXPECT_EQ(parsed.target, name);
  }
  EXPECT_EQ(parse_oci_name(opaque_marker()).kind, OciNameKind::opaque);
}

}  // namespace
}  // namespace lamina::layer
