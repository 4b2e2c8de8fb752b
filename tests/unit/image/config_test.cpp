// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/config.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

namespace lamina::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string error_of(const std::string& json) {
  try {
    Config::parse(json, "the config");
  } catch (const util::Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Config, ParsesWhatDockerWrites) {
  const auto config = Config::parse(
      R"({"architecture":"arm64","variant":"v8","os":"linux","created":"2024-01-02T03:04:05Z","author":"me",
    "config":{"Env":["PATH=/bin","A=b=c"],"Entrypoint":["/init"],"Cmd":["sh","-c","x"],"WorkingDir":"/srv","User":"1:2",
    "Labels":{"k":"v"},"ExposedPorts":{"80/tcp":{}}},
    "rootfs":{"type":"layers","diff_ids":[")" +
          kA + R"(",")" + kB + R"("]},
    "history":[{"created":"2024-01-01T00:00:00Z","created_by":"ADD","comment":"buildkit"},{"created_by":"ENV","empty_layer":true}]})",
      "it");
  EXPECT_EQ(config.platform, (Platform{"linux", "arm64", "v8"}));
  EXPECT_EQ(config.created, "2024-01-02T03:04:05Z");
  EXPECT_EQ(config.author, "me");
  EXPECT_THAT(config.env, ElementsAre("PATH=/bin", "A=b=c"));
  EXPECT_THAT(config.entrypoint, ElementsAre("/init"));
  EXPECT_THAT(config.cmd, ElementsAre("sh", "-c", "x"));
  EXPECT_EQ(config.working_dir, "/srv");
  EXPECT_EQ(config.user, "1:2");
  EXPECT_THAT(config.labels, ElementsAre(Pair("k", "v")));
  ASSERT_EQ(config.diff_ids.size(), 2U);
  EXPECT_EQ(config.diff_ids[1].str(), kB);
  ASSERT_EQ(config.history.size(), 2U);
  EXPECT_EQ(config.history[0].comment, "buildkit");
  EXPECT_FALSE(config.history[0].empty_layer);
  EXPECT_TRUE(config.history[1].empty_layer);
}

TEST(Config, NullIsAbsent) {
  const auto config = Config::parse(R"({"architecture":null,"config":{"Env":null,"Labels":null,"Cmd":null,"User":null},
    "rootfs":{"type":"layers","diff_ids":null},"history":null})",
                                    "it");
  EXPECT_THAT(config.env, IsEmpty());
  EXPECT_THAT(config.labels, IsEmpty());
  EXPECT_THAT(config.history, IsEmpty());
  EXPECT_EQ(error_of(R"({"config":null,"rootfs":{}})"), "accepted");
}

TEST(Config, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("{}"), "the config: rootfs is missing");
  EXPECT_EQ(error_of(R"({"rootfs":null})"), "the config: rootfs is missing");
  EXPECT_EQ(error_of(R"({"rootfs":{"type":"tree"}})"), "the config: rootfs.type \"tree\" is unknown");
  EXPECT_EQ(error_of(R"({"rootfs":{"diff_ids":[")" + kA + R"(","x"]}})"),
            "the config: rootfs.diff_ids[1] \"x\" is not a SHA-256 digest");
  EXPECT_EQ(error_of(R"({"rootfs":{"diff_ids":[7]}})"), "the config: rootfs.diff_ids[0] is not a digest");
  EXPECT_EQ(error_of(R"({"rootfs":{},"os":7})"), "the config: os is not a string");
  EXPECT_EQ(error_of(R"({"rootfs":{},"config":{"Env":"A=b"}})"), "the config: config.Env is not a list of strings");
  EXPECT_EQ(error_of(R"({"rootfs":{},"config":{"Env":[1]}})"), "the config: config.Env is not a list of strings");
  EXPECT_EQ(error_of(R"({"rootfs":{},"config":{"Labels":["k"]}})"),
            "the config: config.Labels is not an object of strings");
  EXPECT_EQ(error_of(R"({"rootfs":{},"config":{"Labels":{"k":1}}})"),
            "the config: config.Labels is not an object of strings");
  EXPECT_EQ(error_of(R"({"rootfs":{},"history":[{"empty_layer":"yes"}]})"),
            "the config: history[0].empty_layer is not true or false");
}

TEST(Config, DumpsCanonicallyAndWithoutEmptyMembers) {
  Config config;
  config.platform = {"linux", "amd64", ""};
  config.diff_ids = {*digest::Digest::find(kA)};
  EXPECT_EQ(config.dump(),
            R"({"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[")" + kA + R"("],"type":"layers"}})");
  config.env = {"A=\xff"};  // what is not UTF-8 cannot be in JSON
  config.history = {{.created = "", .created_by = "RUN", .author = "", .comment = "", .empty_layer = true}};
  config.labels = {{"b", "2"}, {"a", "1"}};
  const auto again = Config::parse(config.dump(), "it");
  EXPECT_THAT(again.env, ElementsAre("A=\xef\xbf\xbd"));
  EXPECT_THAT(again.labels, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_TRUE(again.history.at(0).empty_layer);
  EXPECT_EQ(again.dump(), config.dump());
}

TEST(ChainId, FollowsTheSpecification) {
  const auto a = *digest::Digest::find(kA);
  const auto b = *digest::Digest::find(kB);
  EXPECT_EQ(chain_id({}), digest::hash({}));
  EXPECT_EQ(chain_id({a}), a);
  const auto two = digest::hash(util::as_bytes(kA + " " + kB));
  EXPECT_EQ(chain_id({a, b}), two);
  EXPECT_EQ(chain_id({a, b, a}), digest::hash(util::as_bytes(two.str() + " " + kA)));
}

}  // namespace
}  // namespace lamina::image
