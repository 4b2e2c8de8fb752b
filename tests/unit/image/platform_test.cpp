// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/platform.hpp>

#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

namespace lamina::image {
namespace {

std::string parsed(std::string_view text) { return Platform::parse(text).str(); }

int score(const Platform& offered, std::string_view wanted) { return match(offered, Platform::parse(wanted)); }

TEST(Platform, ParsesAndNormalises) {
  EXPECT_EQ(parsed("linux/amd64"), "linux/amd64");
  EXPECT_EQ(parsed("Linux/x86_64"), "linux/amd64");
  EXPECT_EQ(parsed("linux/amd64/v1"), "linux/amd64");
  EXPECT_EQ(parsed("linux/amd64/v3"), "linux/amd64/v3");
  EXPECT_EQ(parsed("aarch64"), "linux/arm64");
  EXPECT_EQ(parsed("arm64/v8"), "linux/arm64");
  EXPECT_EQ(parsed("linux/arm64/8"), "linux/arm64");
  EXPECT_EQ(parsed("linux/arm64/v9.0"), "linux/arm64/v9");
  EXPECT_EQ(parsed("armhf"), "linux/arm/v7");
  EXPECT_EQ(parsed("armel"), "linux/arm/v6");
  EXPECT_EQ(parsed("arm/6"), "linux/arm/v6");
  EXPECT_EQ(parsed("i686"), "linux/386");
  EXPECT_EQ(parsed("windows/amd64"), "windows/amd64");
  EXPECT_EQ(parsed("s390x"), "linux/s390x");
}

// Found by fuzz_image: of "v7.0.0" one ".0" was left to the next reading.
TEST(Platform, IsReadAsItWasWritten) {
  for (const auto* const text : {"arm/v7.0", "arm/v7.0.0", "arm/.0", "arm/.0.0", "arm64/8.0.0", "armhf/v6"}) {
    const auto platform = Platform::parse(text);
    EXPECT_EQ(Platform::parse(platform.str()), platform) << text;
  }
}

TEST(Platform, RefusesOtherText) {
  for (const auto* const text :
       {"", "linux", "linux/", "/amd64", "linux/amd64/", "linux/amd64/v1/x", "linux amd64", "a/b\n"}) {
    EXPECT_THROW(Platform::parse(text), util::Error) << text;
  }
}

TEST(Platform, HostIsLinuxAndServesItself) {
  const auto host = Platform::host();
  EXPECT_EQ(host.os, "linux");
  EXPECT_GT(match(host, host), 0);
}

TEST(Platform, OtherArchitecturesAndSystemsDoNotServe) {
  EXPECT_EQ(score({"linux", "arm64", ""}, "amd64"), 0);
  EXPECT_EQ(score({"windows", "amd64", ""}, "amd64"), 0);
  EXPECT_EQ(score({"unknown", "unknown", ""}, "amd64"), 0);
  EXPECT_EQ(score({"linux", "386", ""}, "amd64"), 0);
  EXPECT_EQ(score({"", "", ""}, "amd64"), 0);
}

TEST(Platform, Arm64IsArm64v8) {
  const auto plain = score({"linux", "arm64", ""}, "arm64");
  const auto v8 = score({"linux", "arm64", "v8"}, "arm64");
  EXPECT_EQ(plain, v8);
  EXPECT_GT(plain, 0);
  EXPECT_EQ(score({"linux", "arm64", "v9"}, "arm64"), 0);
  EXPECT_GT(score({"linux", "aarch64", "v8"}, "linux/arm64/v8"), 0);
}

TEST(Platform, ALowerVariantServesAHigherOne) {
  const auto v7 = score({"linux", "arm", "v7"}, "arm/v7");
  const auto v6 = score({"linux", "arm", "v6"}, "arm/v7");
  const auto v5 = score({"linux", "arm", "v5"}, "arm/v7");
  EXPECT_GT(v7, v6);
  EXPECT_GT(v6, v5);
  EXPECT_GT(v5, 0);
  EXPECT_EQ(score({"linux", "arm", "v8"}, "arm/v7"), 0);
  EXPECT_GT(v7, score({"linux", "arm", ""}, "arm/v7"));
  EXPECT_GT(score({"linux", "arm", ""}, "arm/v7"), v6);
  EXPECT_GT(score({"linux", "amd64", "v2"}, "amd64/v3"), score({"linux", "amd64", ""}, "amd64/v3"));
  EXPECT_EQ(score({"linux", "amd64", "v3"}, "amd64"), 0);
}

TEST(Platform, AnUnnamedVariantServesWhereNoLevelsAreKnown) {
  const auto same = score({"linux", "riscv64", "rva22"}, "riscv64/rva22");
  const auto unnamed = score({"linux", "riscv64", ""}, "riscv64/rva22");
  EXPECT_GT(same, unnamed);
  EXPECT_GT(unnamed, 0);
  EXPECT_EQ(score({"linux", "riscv64", "rva20"}, "riscv64/rva22"), 0);
}

}  // namespace
}  // namespace lamina::image
