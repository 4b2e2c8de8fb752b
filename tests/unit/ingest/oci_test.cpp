// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace lamina::ingest {
namespace {

class OciTest : public IngestTest {
protected:
  const std::vector<std::string> layers_ = {Tar().file("a", "1").bytes()};
  const std::string source_ = "oci:" + temp_.str("debian.oci");

  std::string image_for(const std::string& architecture) const {
    const auto descriptor = put_image("debian.oci", layers_, config_json(layers_, architecture));
    return with(descriptor, fmt::format(R"("platform":{{"os":"linux","architecture":"{}"}})", architecture));
  }
};

TEST_F(OciTest, NamesComeFromAnnotations) {
  const auto image = put_image("debian.oci", layers_, config_json(layers_));
  const auto named = [&](const std::string& annotations) {
    put_index("debian.oci", {with(image, fmt::format(R"("annotations":{{{}}})", annotations))});
    const auto names = open(source_).front().names;
    return names.empty() ? "" : names.front().familiar();
  };
  EXPECT_EQ(named(R"("org.opencontainers.image.ref.name":"12")"), "debian:12") << "a bare tag is the layout's";
  EXPECT_EQ(named(R"("org.opencontainers.image.ref.name":"quay.io/me/x:1")"), "quay.io/me/x:1");
  EXPECT_EQ(named(R"("io.containerd.image.name":"docker.io/library/y:2","org.opencontainers.image.ref.name":"2")"),
            "y:2");
  EXPECT_EQ(named(R"("org.opencontainers.image.ref.name":"No Name")"), "");
  EXPECT_EQ(named(""), "");
}

TEST_F(OciTest, ATagChoosesAnImage) {
  const std::vector<std::string> other = {Tar().file("b", "2").bytes()};
  const auto tagged = [](const std::string& descriptor, const std::string& tag) {
    return with(descriptor, fmt::format(R"("annotations":{{"org.opencontainers.image.ref.name":"{}"}})", tag));
  };
  put_index("debian.oci", {tagged(put_image("debian.oci", layers_, config_json(layers_)), "one"),
                           tagged(put_image("debian.oci", other, config_json(other)), "two")});
  EXPECT_EQ(open(source_).size(), 2U);
  EXPECT_EQ(open(source_ + ":two").front().config, config_json(other));
  const auto sentence = refusal(source_ + ":three");
  EXPECT_TRUE(says(sentence, "no image tagged 'three'"));
  EXPECT_TRUE(says(sentence, "one, two"));
}

TEST_F(OciTest, ThePlatformChoosesAnImage) {
  put_index("debian.oci", {image_for("amd64"), image_for("arm64")});
  EXPECT_EQ(open(source_, "linux/arm64").front().config, config_json(layers_, "arm64"));
  EXPECT_EQ(open(source_, "linux/amd64").front().config, config_json(layers_, "amd64"));
  const auto sentence = refusal(source_, "linux/s390x");
  EXPECT_TRUE(says(sentence, "no image for linux/s390x"));
  EXPECT_TRUE(says(sentence, "linux/amd64, linux/arm64"));
}

TEST_F(OciTest, IndexesNest) {
  const auto inner = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{},{}]}})", image::kOciIndex,
                                 image_for("arm64"), image_for("amd64"));
  const auto inner_descriptor = put_blob("debian.oci", std::string(image::kOciIndex), inner);
  const auto outer =
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", image::kOciIndex, inner_descriptor);
  put_index("debian.oci", {put_blob("debian.oci", std::string(image::kOciIndex), outer)});
  EXPECT_EQ(open(source_).front().config, config_json(layers_, "amd64"));
}

TEST_F(OciTest, AnotherPlatformsBlobsMayBeMissing) {
  const std::string missing =
      fmt::format(R"({{"mediaType":"{}","digest":"{}","size":1,"platform":{{"os":"linux","architecture":"arm64"}}}})",
                  image::kOciManifest, digest_of("missing"));
  put_index("debian.oci", {missing, image_for("amd64")});
  EXPECT_EQ(open(source_).size(), 1U);
  EXPECT_TRUE(says(refusal(source_, "linux/arm64"), "is missing"));
}

TEST_F(OciTest, DamageIsNamed) {
  put_index("debian.oci", {put_image("debian.oci", layers_, config_json(layers_))});
  const std::string blob = "debian.oci/blobs/sha256/" + digest_of(layers_[0]).substr(7);
  auto flipped = layers_[0];
  flipped[600] = static_cast<char>(flipped[600] ^ 1);
  temp_.write(blob, flipped);
  EXPECT_TRUE(says(refusal(source_), "layer 1"));
  temp_.write(blob, layers_[0] + "more");
  EXPECT_TRUE(says(refusal(source_), "is longer than the"));
  temp_.write(blob, layers_[0].substr(0, 1000));
  EXPECT_TRUE(says(refusal(source_), "layer 1"));
  std::filesystem::remove(temp_.path() / blob);
  EXPECT_TRUE(says(refusal(source_), "is missing"));
}

TEST_F(OciTest, ALyingConfigIsNamed) {
  const auto config = config_json(layers_);
  put_index("debian.oci", {put_image("debian.oci", layers_, config)});
  temp_.write("debian.oci/blobs/sha256/" + digest_of(config).substr(7), config_json(layers_, "amd65"));
  EXPECT_TRUE(says(refusal(source_), "has digest"));
}

TEST_F(OciTest, UnknownLayerTypesAreNamed) {
  const auto layer = put_blob("debian.oci", "application/vnd.example.layer", layers_[0]);
  const auto manifest =
      fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]}})",
                  put_blob("debian.oci", std::string(image::kOciConfig), config_json(layers_)), layer);
  put_index("debian.oci", {put_blob("debian.oci", std::string(image::kOciManifest), manifest)});
  EXPECT_TRUE(says(refusal(source_), "application/vnd.example.layer"));
}

TEST_F(OciTest, WhatIsNoLayoutIsRefused) {
  EXPECT_TRUE(says(refusal("oci:" + temp_.str("absent")), "absent"));
  temp_.write("empty/file", "");
  EXPECT_TRUE(says(refusal("oci:" + temp_.str("empty")), "index.json"));
  temp_.write("broken/index.json", "{");
  EXPECT_FALSE(refusal("oci:" + temp_.str("broken")).empty());
  put_index("none", {});
  EXPECT_TRUE(says(refusal("oci:" + temp_.str("none")), "holds no image"));
}

TEST_F(OciTest, AnArchiveIsTheSameImage) {
  put_index("debian.oci", {put_image("debian.oci", layers_, config_json(layers_))});
  Tar tar;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(temp_.path() / "debian.oci")) {
    const auto name = std::filesystem::relative(entry.path(), temp_.path() / "debian.oci").string();
    if (entry.is_regular_file()) tar.file("./" + name, temp_.read("debian.oci/" + name));
  }
  temp_.write("debian.tar", tar.bytes());
  const auto from_directory = import_one(source_);
  EXPECT_EQ(import_one("oci-archive:" + temp_.str("debian.tar")).id, from_directory.id);
  EXPECT_EQ(import_one(temp_.str("debian.tar")).id, from_directory.id) << "recognised by its content";
  EXPECT_EQ(import_one(temp_.str("debian.oci")).id, from_directory.id) << "recognised by its content";
}

}  // namespace
}  // namespace lamina::ingest
