// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>

#include <lamina/store/gc.hpp>
#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>

#include "fixture.hpp"

namespace lamina::store {
namespace {

TEST_F(StoreTest, IsNobodyElsesToRead) {
  const auto permissions = std::filesystem::status(temp_.path() / "store").permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_all);
}

TEST_F(StoreTest, RefusesAnUnknownVersion) {
  temp_.write("store/version", "lamina store 99\n");
  try {
    Store::open(temp_.str("store"));
    FAIL();
  } catch (const util::Error& error) {
    EXPECT_NE(std::string_view(error.what()).find("lamina store 99"), std::string_view::npos) << error.what();
  }
}

TEST_F(StoreTest, RefusesSomebodysDirectory) {
  temp_.write("home/letters/one", "Dear");
  EXPECT_THROW(Store::open(temp_.str("home")), util::Error);
  EXPECT_EQ(util::RootDir::open(temp_.str("home")).list().size(), 1U) << "nothing was added";
}

TEST_F(StoreTest, TakesUpAnInterruptedBeginning) {
  std::filesystem::remove(temp_.path() / "store/version");
  EXPECT_NO_THROW(Store::open(temp_.str("store")));
  EXPECT_TRUE(std::filesystem::exists(temp_.path() / "store/version"));
}

TEST_F(StoreTest, FindsItsPlaceInTheEnvironment) {
  ::setenv("LAMINA_STORE", "/somewhere", 1);
  EXPECT_EQ(Store::default_path(), "/somewhere");
  ::unsetenv("LAMINA_STORE");
}

TEST_F(StoreTest, BlobsComeBackVerified) {
  const auto digest = store_.put_blob("manifest");
  EXPECT_EQ(store_.get_blob(digest), "manifest");
  temp_.write("store/" + names::blob(digest), "something else");
  EXPECT_THROW(store_.get_blob(digest), util::Error);
  EXPECT_THROW(store_.get_blob(digest::hash(util::as_bytes("never put"))), util::Error);
}

TEST_F(StoreTest, GarbageIsWhatNoImageLeadsTo) {
  const auto kept = add_image("kept", "the same", "2024-01-01T00:00:00Z");
  const auto gone = add_image("gone", "another", "2024-01-02T00:00:00Z");
  const auto object = digest::hash(util::as_bytes("another"));
  EXPECT_EQ(plan_gc(store_).bytes, 0U);

  const auto plan = plan_gc(store_, {store_.get_image("gone")});
  EXPECT_EQ(plan.layers.size(), 1U);
  EXPECT_EQ(plan.objects, std::vector{object});
  EXPECT_EQ(plan.files.size(), 3U) << "config, manifest, merged tree";
  EXPECT_TRUE(store_.has_object(object)) << "a plan removes nothing";
  EXPECT_TRUE(store_.find_image("gone"));
  Removal removal(store_);
  removal.remove_image(gone);
  EXPECT_EQ(removal.sweep().files, plan.files);
  EXPECT_FALSE(store_.has_object(object));
  EXPECT_TRUE(store_.has_object(digest::hash(util::as_bytes("the same"))));
  EXPECT_EQ(store_.images().front().record.id, kept);
}

TEST_F(StoreTest, ARemovalThatIsNotSweptIsFinishedByTheNextCommand) {
  const auto gone = add_image("gone", "content", "");
  const auto object = digest::hash(util::as_bytes("content"));
  { const Removal unused(store_); }
  EXPECT_TRUE(store_.staging().list().empty());
  Removal(store_).remove_image(gone);
  EXPECT_TRUE(store_.has_object(object));
  static_cast<void>(Store::open(store_.path()));
  EXPECT_FALSE(store_.has_object(object));
  EXPECT_TRUE(store_.staging().list().empty());
}

TEST_F(StoreTest, AMergedTreeIsMadeAgainWhenMissing) {
  add_image("one", "content", "");
  const auto image = store_.get_image("one");
  const std::string before(util::as_text(store_.merged_tree(image).bytes()));
  std::filesystem::remove(temp_.path() / "store" / names::merged_tree(image.record.chain));
  EXPECT_EQ(util::as_text(store_.merged_tree(image).bytes()), before);
}

}  // namespace
}  // namespace lamina::store
