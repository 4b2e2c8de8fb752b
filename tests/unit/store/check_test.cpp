// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <lamina/store/check.hpp>
#include <lamina/store/names.hpp>

#include "fixture.hpp"

namespace lamina::store {
namespace {

class CheckTest : public StoreTest {
protected:
  std::filesystem::path in_store(const std::string& name) const { return temp_.path() / "store" / name; }

  /// Puts `text` in place of a file of the store, whatever its mode.
  void damage(const std::string& name, std::string_view text) const {
    std::filesystem::remove(in_store(name));
    temp_.write("store/" + name, text);
  }

  void expect_problem(std::string_view words) const {
    const auto report = check(store_);
    const bool found = std::ranges::any_of(
        report.problems, [&](const std::string& problem) { return problem.find(words) != std::string::npos; });
    EXPECT_TRUE(found) << words << ", among " << report.problems.size() << " problems"
                       << (report.problems.empty() ? "" : ": " + report.problems.front());
  }

  const digest::Digest object_ = digest::hash(util::as_bytes("content"));
  const digest::Digest id_ = add_image("one", "content", "");
  const digest::Digest other_id_ = add_image("two", "more content", "");
  const Image image_ = store_.get_image("one");
};

TEST_F(CheckTest, AWholeStoreHasNoProblems) {
  const auto report = check(store_);
  EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  EXPECT_EQ(report.images, 2U);
  EXPECT_EQ(report.layers, 2U);
  EXPECT_EQ(report.trees, 2U);
  EXPECT_EQ(report.objects, 2U);
  EXPECT_EQ(report.object_bytes, 19U);
}

TEST_F(CheckTest, FindsADamagedObject) {
  damage(names::object(object_), "c0ntent");
  expect_problem("is damaged");
}

TEST_F(CheckTest, FindsATruncatedObject) {
  damage(names::object(object_), "cont");
  expect_problem("with 7 bytes, but 4 are there");
}

TEST_F(CheckTest, FindsAMissingObject) {
  std::filesystem::remove(in_store(names::object(object_)));
  expect_problem("misses the object " + object_.hex());
}

TEST_F(CheckTest, FindsADamagedLayerTree) {
  auto bytes = temp_.read("store/" + names::layer_tree(image_.config.diff_ids.front()));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  damage(names::layer_tree(image_.config.diff_ids.front()), bytes);
  EXPECT_FALSE(check(store_).problems.empty());
}

TEST_F(CheckTest, FindsAMergedTreeThatIsAnothers) {
  const auto other = store_.get_image("two");
  damage(names::merged_tree(image_.record.chain), temp_.read("store/" + names::merged_tree(other.record.chain)));
  expect_problem("not what its layers give");
}

TEST_F(CheckTest, FindsMissingLayersBlobsAndImages) {
  std::filesystem::remove_all(in_store(names::layer(image_.config.diff_ids.front())));
  expect_problem("misses its layer");
  std::filesystem::remove(in_store(names::blob(image_.record.manifest)));
  expect_problem("misses the blob");
  std::filesystem::remove(in_store(names::image_id(image_.record.id)));
  expect_problem("which is not there");
}

TEST_F(CheckTest, FindsStrangeNames) {
  temp_.write("store/objects/00/README", "");
  expect_problem("not an object's name");
  temp_.write("store/blobs/sha256/x", "");
  expect_problem("not a blob's name");
}

}  // namespace
}  // namespace lamina::store
