// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/error.hpp>

#include "fixture.hpp"

namespace lamina::store {
namespace {

std::string failure_of(const Store& store, std::string_view text) {
  try {
    static_cast<void>(store.get_image(text));
  } catch (const util::Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(StoreTest, ImagesAnswerToNamesIdsAndDigests) {
  const auto id = add_image("debian:12", "content", "");
  const auto manifest = store_.get_image("debian:12").record.manifest;
  for (const std::string& text :
       {std::string("debian:12"), std::string("docker.io/library/debian:12"), id.hex(), id.str(), short_id(id),
        id.hex().substr(0, 3), "debian@" + manifest.str(), "debian@" + id.str()}) {
    EXPECT_EQ(store_.get_image(text).record.id, id) << text;
  }
  for (const char* text : {"debian", "debian:13", "", ":", "sha256:", "other@sha256:00"}) {
    EXPECT_FALSE(store_.find_image(text)) << text;
  }
  EXPECT_FALSE(store_.find_image("other@" + id.str())) << "the digest is right, the name is not";
}

TEST_F(StoreTest, UnknownImagesBringNearNames) {
  EXPECT_NE(failure_of(store_, "debian").find("no images yet"), std::string::npos);
  add_image("debian:12", "a", "");
  add_image("fedora:40", "b", "");
  EXPECT_NE(failure_of(store_, "debain:12").find("did you mean debian:12?"), std::string::npos);
  EXPECT_EQ(failure_of(store_, "debain:12").find("fedora"), std::string::npos);
  EXPECT_NE(failure_of(store_, "zzz").find("lamina images"), std::string::npos);
}

TEST_F(StoreTest, ANameBelongsToOneImage) {
  const auto first = add_image("app", "1", "2024-01-01T00:00:00Z");
  const auto second = add_image("app", "2", "2024-01-02T00:00:00Z");
  EXPECT_EQ(store_.get_image("app").record.id, second);
  EXPECT_TRUE(store_.get_image(first.hex()).names.empty()) << "it lost its name and stays";
  EXPECT_EQ(store_.get_image(first.hex()).display_name(), short_id(first));
}

TEST_F(StoreTest, SeveralNamesMayBeOneImage) {
  const auto id = add_image("app:1", "1", "");
  store_.tag(image::Reference::parse("app:latest"), id);
  store_.tag(image::Reference::parse("quay.io/me/app:x"), id);
  const auto image = store_.get_image("app");
  ASSERT_EQ(image.names.size(), 3U);
  EXPECT_EQ(store_.images().size(), 1U);
  EXPECT_TRUE(store_.untag(image::Reference::parse("app:latest")));
  EXPECT_FALSE(store_.untag(image::Reference::parse("app:latest")));
  EXPECT_EQ(store_.get_image("app:1").names.size(), 2U);
}

TEST_F(StoreTest, ListsTheNewestFirst) {
  add_image("old", "1", "2020-01-01T00:00:00Z");
  add_image("new", "2", "2024-01-01T00:00:00Z");
  add_image("middle", "3", "2022-01-01T00:00:00Z");
  std::vector<std::string> names;
  for (const auto& image : store_.images()) names.push_back(image.display_name());
  EXPECT_EQ(names, (std::vector<std::string>{"new:latest", "middle:latest", "old:latest"}));
}

TEST_F(StoreTest, AnAmbiguousIdIsRefused) {
  // 17 images share at least one first digit.
  for (int i = 0; i < 17; ++i) add_image("", std::to_string(i), "");
  bool refused = false;
  for (const char digit : std::string_view("0123456789abcdef")) {
    refused = refused || failure_of(store_, std::string(1, digit)).find("give more digits") != std::string::npos;
  }
  EXPECT_TRUE(refused);
}

TEST_F(StoreTest, ATooLongNameStillFitsAFile) {
  const std::string name = std::string(200, 'r') + ":" + std::string(128, 't');
  const auto id = add_image(name, "1", "");
  EXPECT_EQ(store_.get_image(name).record.id, id);
}

}  // namespace
}  // namespace lamina::store
