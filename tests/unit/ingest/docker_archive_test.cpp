// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace lamina::ingest {
namespace {

class DockerArchiveTest : public IngestTest {
protected:
  const std::string bottom_ = Tar().file("a", "1").bytes();
  const std::string top_ = Tar().file("b", "2").bytes();
  const std::string config_ = config_json({bottom_, top_});
  const std::string config_file_ = digest_of(config_).substr(7) + ".json";
  const std::string source_ = "docker-archive:" + temp_.str("image.tar");

  std::string manifest(const std::string& tags) const {
    return fmt::format(R"([{{"Config":"{}","RepoTags":{},"Layers":["bottom/layer.tar","top.tar"]}}])", config_file_,
                       tags);
  }
};

TEST_F(DockerArchiveTest, IsReadInAnyOrderWithLinkedLayers) {
  temp_.write("image.tar", Tar()
                               .file("manifest.json", manifest(R"(["debian:12","quay.io/x/y:1"])"))
                               .link("top.tar", archive::EntryType::symlink, "./real/layer.tar")
                               .link("bottom/layer.tar", archive::EntryType::symlink, "../blob.tar")
                               .file("real/layer.tar", top_)
                               .file("blob.tar", bottom_)
                               .file(config_file_, config_)
                               .bytes());
  const auto result = import_one(source_);
  EXPECT_EQ(result.id.str(), digest_of(config_));
  EXPECT_EQ(read("debian:12", "b"), "2");
  EXPECT_EQ(read("quay.io/x/y:1", "a"), "1");
  EXPECT_EQ(open(source_ + ":debian:12").size(), 1U);
  EXPECT_THROW(open(source_ + ":debian:13"), util::Error);
}

TEST_F(DockerArchiveTest, HoldsSeveralImages) {
  const auto other = config_json({bottom_});
  const auto entries = fmt::format(R"([{{"Config":"c1","RepoTags":["one"],"Layers":["l1","l2"]}},)"
                                   R"({{"Config":"c2","RepoTags":null,"Layers":["l1"]}}])");
  temp_.write("image.tar", Tar()
                               .file("l1", bottom_)
                               .file("l2", top_)
                               .file("c1", config_)
                               .file("c2", other)
                               .file("manifest.json", entries)
                               .bytes());
  const auto images = open(source_);
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].names.size(), 1U);
  EXPECT_TRUE(images[1].names.empty());
  EXPECT_EQ(open(source_ + ":one").front().config, config_);
}

TEST_F(DockerArchiveTest, TheOldestFormHasNoManifest) {
  temp_.write("image.tar", Tar()
                               .file("repositories", R"({"old":{"1":"top"}})")
                               .file("top/json", R"({"id":"top","parent":"bottom","os":"linux","architecture":"amd64",)"
                                                 R"("created":"2014-01-01T00:00:00Z","config":{"Env":["A=b"]},)"
                                                 R"("container_config":{"Cmd":["/bin/sh","-c","make"]}})")
                               .file("top/layer.tar", top_)
                               .file("bottom/json", R"({"id":"bottom","created":"2013-01-01T00:00:00Z"})")
                               .file("bottom/layer.tar", bottom_)
                               .bytes());
  import_one(source_);
  const auto image = store_.get_image("old:1");
  EXPECT_EQ(read("old:1", "a") + read("old:1", "b"), "12");
  EXPECT_EQ(image.config.env, std::vector<std::string>{"A=b"});
  ASSERT_EQ(image.config.history.size(), 2U);
  EXPECT_EQ(image.config.history[1].created_by, "/bin/sh -c make");
}

TEST_F(DockerArchiveTest, ALoopOfParentsIsRefused) {
  temp_.write("image.tar", Tar()
                               .file("repositories", R"({"old":{"1":"a"}})")
                               .file("a/json", R"({"parent":"b"})")
                               .file("b/json", R"({"parent":"a"})")
                               .bytes());
  EXPECT_TRUE(says(refusal(source_), "chain of layers is broken"));
}

TEST_F(DockerArchiveTest, DamageIsNamed) {
  temp_.write("image.tar", Tar().file("manifest.json", manifest("null")).file(config_file_, config_).bytes());
  EXPECT_TRUE(says(refusal(source_), "misses the file bottom/layer.tar"));
  temp_.write("image.tar", Tar().file("manifest.json", manifest("null")).file(config_file_, config_ + " ").bytes());
  EXPECT_TRUE(says(refusal(source_), "has digest"));
  temp_.write("image.tar", Tar().file("manifest.json", R"([{"Config":1}])").bytes());
  EXPECT_TRUE(says(refusal(source_), "is not a docker archive's manifest"));
  temp_.write("image.tar", Tar().file("manifest.json", "[]").bytes());
  EXPECT_TRUE(says(refusal(source_), "holds no image"));
  temp_.write("image.tar", Tar().file("something", "else").bytes());
  EXPECT_TRUE(says(refusal(source_), "is not a docker archive"));
  temp_.write("image.tar", "no tar at all");
  EXPECT_TRUE(says(refusal(source_), "image.tar"));
}

TEST_F(DockerArchiveTest, ALoopOfLinksIsRefused) {
  temp_.write("image.tar", Tar()
                               .file("manifest.json", manifest("null"))
                               .file(config_file_, config_)
                               .link("bottom/layer.tar", archive::EntryType::symlink, "../top.tar")
                               .link("top.tar", archive::EntryType::symlink, "bottom/layer.tar")
                               .bytes());
  EXPECT_TRUE(says(refusal(source_), "loop of links"));
}

}  // namespace
}  // namespace lamina::ingest
