// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/skeleton.hpp>

#include <lamina/store/gc.hpp>
#include <lamina/store/layer_tar.hpp>
#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>

#include "fixture.hpp"

namespace lamina::store {
namespace {

class SkeletonTest : public StoreTest {
protected:
  /// A layer whose archive is "<head>bcd|bcdef<tail>", where "abcdef" is an object that its tree does not have.
  void SetUp() override {
    ImportStaging staging(store_);
    LayerStaging layer(staging, diff_id_);
    const auto file = layer.add_object(util::as_bytes("abcdef"));
    layer.skeleton().add({head_, 1, 3}, file.digest);
    layer.skeleton().add({"|", 1, 5}, file.digest);
    layer.skeleton().add({"<tail>", 0, 0});
    LayerInfo info;
    info.diff_id = diff_id_;
    layer.finish(info, tree::TreeBuilder(tree::TreeKind::layer).build());
    staging.publish();
    staging.complete();
    object_ = file.digest;
  }

  std::string read(std::size_t step) const {
    LayerTar tar(store_, diff_id_);
    std::string text;
    std::string part(step, '\0');
    while (const auto got = tar.read(std::as_writable_bytes(std::span(part)))) text += part.substr(0, got);
    return text;
  }

  /// The skeleton with one thing changed.
  void damage(const std::function<void(std::string&)>& change) const {
    const std::string path = "store/" + names::layer_skeleton(diff_id_);
    std::string bytes = temp_.read(path);
    change(bytes);
    temp_.write(path, bytes);
  }

  std::string head_ = std::string(100'000, 'h');  // longer than any buffer
  std::string archive_ = head_ + "bcd|bcdef<tail>";
  digest::Digest diff_id_ = digest::hash(util::as_bytes(archive_));
  digest::Digest object_;
};

TEST_F(SkeletonTest, GivesTheArchiveAgain) {
  EXPECT_EQ(read(1U << 20U), archive_);
  EXPECT_EQ(read(7), archive_);
}

TEST_F(SkeletonTest, NamesItsObjectsOnce) {
  const auto file = store_.root().open_file(names::layer_skeleton(diff_id_));
  EXPECT_EQ(skeleton_objects(file, "it"), std::vector{object_});
}

TEST_F(SkeletonTest, ItsObjectsAreNoGarbageWhileTheLayerIsNone) {
  image::Config config;
  config.platform = image::Platform::parse("linux/amd64");
  config.diff_ids = {diff_id_};
  const auto id = store_.put_blob(config.dump());
  store_.put_image({id, id, image::chain_id(config.diff_ids), 0});
  EXPECT_EQ(plan_gc(store_).bytes, 0U);
  store_.remove_image(id);
  const auto plan = plan_gc(store_);
  EXPECT_EQ(plan.objects.size(), 1U);
  EXPECT_EQ(plan.files.size(), 1U) << "the config";
}

TEST_F(SkeletonTest, DamageIsFound) {
  const auto whole = temp_.read("store/" + names::layer_skeleton(diff_id_));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    damage([&](std::string& bytes) { bytes = whole.substr(0, length); });
    EXPECT_THROW(read(4096), util::Error) << length;
  }
  std::size_t harmless = 0;  // zstd does not use every bit of a frame's head
  for (std::size_t i = 0; i < whole.size(); ++i) {
    damage([&](std::string& bytes) { (bytes = whole)[i] = static_cast<char>(whole[i] ^ 1); });
    try {
      EXPECT_EQ(read(4096), archive_) << i;
      ++harmless;
    } catch (const util::Error&) {
    }
  }
  EXPECT_LE(harmless, 4U);
  damage([&](std::string& bytes) { bytes = whole; });
  EXPECT_EQ(read(4096), archive_);
}

TEST_F(SkeletonTest, AnObjectThatIsTooShortIsFound) {
  const std::string path = temp_.str("store/" + names::object(object_));
  ASSERT_EQ(::truncate(path.c_str(), 5), 0);
  EXPECT_THROW(read(4096), util::Error);
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_THROW(read(4096), util::Error);
}

}  // namespace
}  // namespace lamina::store
