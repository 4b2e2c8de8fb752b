// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/reference.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

namespace lamina::image {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kDigest = "@sha256:" + std::string(kHex);

std::string error_of(std::string_view text) {
  try {
    Reference::parse(text);
  } catch (const util::Error& error) {
    return error.what();
  }
  return "accepted";
}

// Text, in full, as docker shows it.
struct Case {
  std::string text;
  std::string full;
  std::string familiar;
};

class ParseReference : public testing::TestWithParam<Case> {};

TEST_P(ParseReference, NormalisesAsDockerDoes) {
  const auto& [text, full, familiar] = GetParam();
  const auto reference = Reference::parse(text);
  EXPECT_EQ(reference.str(), full);
  EXPECT_EQ(reference.familiar(), familiar);
  EXPECT_EQ(Reference::parse(full), reference);
  EXPECT_EQ(Reference::parse(familiar), reference);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ParseReference,
    testing::Values(Case{"debian", "docker.io/library/debian:latest", "debian:latest"},
                    Case{"debian:12", "docker.io/library/debian:12", "debian:12"},
                    Case{"docker.io/debian:12", "docker.io/library/debian:12", "debian:12"},
                    Case{"index.docker.io/debian:12", "docker.io/library/debian:12", "debian:12"},
                    Case{"library/debian:12", "docker.io/library/debian:12", "debian:12"},
                    Case{"docker.io/library/debian:12", "docker.io/library/debian:12", "debian:12"},
                    Case{"grafana/grafana", "docker.io/grafana/grafana:latest", "grafana/grafana:latest"},
                    Case{"library/a/b:1", "docker.io/library/a/b:1", "library/a/b:1"},
                    Case{"quay.io/x/y:1", "quay.io/x/y:1", "quay.io/x/y:1"},
                    Case{"localhost/x", "localhost/x:latest", "localhost/x:latest"},
                    Case{"localhost:5000/x:1", "localhost:5000/x:1", "localhost:5000/x:1"},
                    Case{"registry:5000/a/b/c", "registry:5000/a/b/c:latest", "registry:5000/a/b/c:latest"},
                    Case{"127.0.0.1:5000/x", "127.0.0.1:5000/x:latest", "127.0.0.1:5000/x:latest"},
                    Case{"[2001:db8::1]:5000/x:1", "[2001:db8::1]:5000/x:1", "[2001:db8::1]:5000/x:1"},
                    Case{"[::1]/x", "[::1]/x:latest", "[::1]/x:latest"},
                    Case{"Host/x", "Host/x:latest", "Host/x:latest"},
                    Case{"docker.io/localhost/x", "docker.io/localhost/x:latest", "docker.io/localhost/x:latest"},
                    Case{"docker.io/a.b/x", "docker.io/a.b/x:latest", "docker.io/a.b/x:latest"},
                    Case{"x/a-b--c_d__e.f/g0", "docker.io/x/a-b--c_d__e.f/g0:latest", "x/a-b--c_d__e.f/g0:latest"},
                    Case{"x:V1.0-rc_1", "docker.io/library/x:V1.0-rc_1", "x:V1.0-rc_1"},
                    Case{"x:_1", "docker.io/library/x:_1", "x:_1"},
                    Case{"x" + kDigest, "docker.io/library/x" + kDigest, "x" + kDigest},
                    Case{"x:1" + kDigest, "docker.io/library/x:1" + kDigest, "x:1" + kDigest},
                    Case{"r.io:80/x:1" + kDigest, "r.io:80/x:1" + kDigest, "r.io:80/x:1" + kDigest}));

TEST(Reference, ADigestNeedsNoTag) {
  const auto reference = Reference::parse("debian" + kDigest);
  EXPECT_EQ(reference.tag, "");
  EXPECT_EQ(reference.digest->hex(), kHex);
  EXPECT_EQ(reference.familiar_name(), "debian");
}

TEST(Reference, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("Debian"), HasSubstr("lower case"));
  EXPECT_THAT(error_of("quay.io/X/y"), HasSubstr("lower case"));
  EXPECT_THAT(error_of("docker://debian"), HasSubstr("scheme"));
  EXPECT_THAT(error_of(kHex), HasSubstr("image ID"));
  EXPECT_THAT(error_of("x:"), HasSubstr("tag is missing"));
  EXPECT_THAT(error_of("x:a b"), HasSubstr("cannot be a tag"));
  EXPECT_THAT(error_of("x:.a"), HasSubstr("cannot be a tag"));
  EXPECT_THAT(error_of("x:a:b"), HasSubstr("cannot be a tag"));
  EXPECT_THAT(error_of("x:" + std::string(129, 'a')), HasSubstr("128"));
  EXPECT_THAT(error_of(std::string(300, 'a')), HasSubstr("255"));
  EXPECT_THAT(error_of("x@sha256:12"), HasSubstr("sha256"));
  EXPECT_THAT(error_of("x@sha512:" + std::string(128, 'a')), HasSubstr("sha256"));
  EXPECT_THAT(error_of("quay.io/"), HasSubstr("missing"));
  EXPECT_THAT(error_of("/x"), HasSubstr("repository"));
  EXPECT_THAT(error_of("-a.b/x"), HasSubstr("host name"));
  EXPECT_THAT(error_of("a.b:port/x"), HasSubstr("host name"));
  EXPECT_THAT(error_of("[::g]/x"), HasSubstr("host name"));
  EXPECT_THAT(error_of("a\x1b[31m"), HasSubstr("\\x1b"));
}

TEST(Reference, RefusesWhatIsNoPath) {
  for (const auto* const text :
       {"a//b", "a/", "-a", "a-", "a..b", "a___b", "a._b", ".a", "a/../b", "..", "a b", "a\nb"}) {
    EXPECT_NE(error_of(text), "accepted") << text;
  }
}

TEST(Reference, TakesTheLongestNamesThereAre) {
  const std::string name(255 - std::string_view("docker.io/library/").size(), 'a');
  EXPECT_EQ(Reference::parse(name + ":" + std::string(128, 't')).tag.size(), 128U);
  EXPECT_NE(error_of(name + "a"), "accepted");
}

}  // namespace
}  // namespace lamina::image
