// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include "image_facts.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

TEST(HumanSize, HasThreeDigitsAndDecimalUnits) {
  EXPECT_EQ(human_size(0), "0B");
  EXPECT_EQ(human_size(999), "999B");
  EXPECT_EQ(human_size(1000), "1kB");
  EXPECT_EQ(human_size(1230), "1.23kB");
  EXPECT_EQ(human_size(999'499), "999kB");
  EXPECT_EQ(human_size(999'600), "1MB") << "never 1e+03kB";
  EXPECT_EQ(human_size(338'123'456), "338MB");
  EXPECT_EQ(human_size(~std::uint64_t{0}), "18.4EB");
}

TEST(HumanAge, UsesTheUnitsOfDocker) {
  const std::int64_t now = std::time(nullptr);
  const auto age = [&](std::int64_t seconds) { return human_age(now - seconds); };
  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kDay = 24 * kHour;
  EXPECT_EQ(age(0), "just now");
  EXPECT_EQ(age(-100), "just now") << "a clock that runs ahead";
  EXPECT_EQ(age(61), "1 minute ago");
  EXPECT_EQ(age(5 * kHour + 1), "5 hours ago");
  EXPECT_EQ(age(13 * kDay), "13 days ago");
  EXPECT_EQ(age(15 * kDay), "2 weeks ago");
  EXPECT_EQ(age(100 * kDay), "3 months ago");
  EXPECT_EQ(age(800 * kDay), "2 years ago");
}

TEST(HumanAge, ReadsRfc3339WithFractionsAndZones) {
  const std::time_t then = std::time(nullptr) - 2 * 3600 - 30;
  const auto utc = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(then));
  const auto east = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(then + 5400));
  const auto west = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(then - 5400));
  EXPECT_EQ(human_age(utc + "Z"), "2 hours ago");
  EXPECT_EQ(human_age(utc + ".123456789Z"), "2 hours ago");
  EXPECT_EQ(human_age(east + "+01:30"), "2 hours ago");
  EXPECT_EQ(human_age(west + "-01:30"), "2 hours ago");
  EXPECT_EQ(human_age(""), "");
  EXPECT_EQ(human_age("yesterday"), "");
}

TEST(SplitImagePath, TakesTheColonBeforeTheSlash) {
  using Parts = std::pair<std::string, std::string>;
  EXPECT_EQ(split_image_path("debian"), (Parts{"debian", "/"}));
  EXPECT_EQ(split_image_path("debian:12"), (Parts{"debian:12", "/"}));
  EXPECT_EQ(split_image_path("debian:12:/etc"), (Parts{"debian:12", "/etc"}));
  EXPECT_EQ(split_image_path("host:5000/x:1:/a:/b"), (Parts{"host:5000/x:1", "/a:/b"}));
}

}  // namespace
}  // namespace lamina::cli
