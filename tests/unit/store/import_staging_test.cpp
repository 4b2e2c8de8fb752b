// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <sys/stat.h>

#include <lamina/store/check.hpp>
#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>

#include "fixture.hpp"

namespace lamina::store {
namespace {

TEST_F(StoreTest, NothingIsVisibleBeforePublish) {
  const auto object = digest::hash(util::as_bytes("content"));
  {
    ImportStaging staging(store_);
    const auto layer = add_layer(staging, "file", "content");
    EXPECT_TRUE(staging.has_layer(layer));
    EXPECT_FALSE(store_.has_layer(layer));
    EXPECT_FALSE(store_.has_object(object));
  }
  EXPECT_TRUE(store_.staging().list().empty()) << "dropped, it leaves nothing";
  ImportStaging staging(store_);
  const auto layer = add_layer(staging, "file", "content");
  staging.publish();
  EXPECT_TRUE(store_.has_layer(layer));
  EXPECT_TRUE(store_.has_object(object));
}

TEST_F(StoreTest, WhatNoRecordNeedsAfterPublishIsSweptByTheNextCommand) {
  add_image("kept", "content", "");
  digest::Digest layer;
  {
    ImportStaging staging(store_);
    layer = add_layer(staging, "file", "more");
    staging.publish();
  }
  ASSERT_TRUE(store_.has_layer(layer));
  {
    const auto lock = store_.lock(util::LockMode::shared);  // another import, which may rely on the layer
    static_cast<void>(Store::open(store_.path()));
    EXPECT_TRUE(store_.has_layer(layer));
  }
  static_cast<void>(Store::open(store_.path()));
  EXPECT_FALSE(store_.has_layer(layer));
  EXPECT_FALSE(store_.has_object(digest::hash(util::as_bytes("more"))));
  EXPECT_TRUE(store_.staging().list().empty());
  EXPECT_TRUE(check(store_).problems.empty());
  EXPECT_EQ(store_.images().size(), 1U);
}

TEST_F(StoreTest, EqualContentIsStoredOnce) {
  add_image("first", "shared", "");
  ImportStaging staging(store_);
  LayerStaging layer(staging, digest::hash(util::as_bytes("a layer")));
  LayerStaging other(staging, digest::hash(util::as_bytes("another")));
  layer.add_object(util::as_bytes("shared"));
  layer.add_object(util::as_bytes("mine"));
  other.add_object(util::as_bytes("mine"));
  EXPECT_EQ(layer.add_object({}).size, 0U);
  EXPECT_EQ(staging.counts().added, 1U);
  EXPECT_EQ(staging.counts().added_bytes, 4U);
  EXPECT_EQ(staging.counts().shared, 2U);
}

TEST_F(StoreTest, AStreamMakesTheSameObjectAndKeepsHoles) {
  const std::size_t hole = std::size_t{1} << 20U;
  const std::string whole = "head" + std::string(hole, '\0') + "tail" + std::string(hole, '\0');
  ImportStaging staging(store_);
  LayerStaging streaming(staging, digest::hash(util::as_bytes("a layer")));
  auto stream = streaming.open_stream();
  stream.write(0, util::as_bytes("head"));
  stream.write(4 + hole, util::as_bytes("tail"));
  const auto content = stream.finish(whole.size());
  EXPECT_EQ(content.digest, digest::hash(util::as_bytes(whole)));
  EXPECT_EQ(content.size, whole.size());

  const auto layer = add_layer(staging, "another", "file");
  staging.publish();
  ASSERT_TRUE(store_.has_layer(layer));
  struct stat status {};
  ASSERT_EQ(::stat(temp_.str("store/" + names::object(content.digest)).c_str(), &status), 0);
  EXPECT_EQ(static_cast<std::size_t>(status.st_size), whole.size());
  EXPECT_LT(static_cast<std::size_t>(status.st_blocks) * 512, whole.size() / 2);
  EXPECT_EQ(status.st_mode & 0777U, 0400U) << "nobody has a reason to write an object";
  EXPECT_EQ(temp_.read("store/" + names::object(content.digest)), whole);
}

TEST_F(StoreTest, AStreamRefusesContradictions) {
  ImportStaging staging(store_);
  LayerStaging layer(staging, digest::hash(util::as_bytes("a layer")));
  auto stream = layer.open_stream();
  stream.write(10, util::as_bytes("text"));
  EXPECT_THROW(stream.write(5, util::as_bytes("overlap")), util::Error);
  EXPECT_THROW(stream.finish(13), util::Error);
}

TEST_F(StoreTest, ALongHoleCanBeCancelled) {
  ImportStaging staging(store_, [] { throw util::Error("cancelled"); });
  LayerStaging layer(staging, digest::hash(util::as_bytes("a layer")));
  EXPECT_THROW(layer.open_stream().finish(std::uint64_t{1} << 62U), util::Error);
}

TEST_F(StoreTest, TwoImportsOfOneLayerBothSucceed) {
  ImportStaging first(store_);
  ImportStaging second(store_);
  const auto layer = add_layer(first, "file", "content");
  add_layer(second, "file", "content");
  first.publish();
  second.publish();
  EXPECT_TRUE(store_.has_layer(layer));
}

}  // namespace
}  // namespace lamina::store
