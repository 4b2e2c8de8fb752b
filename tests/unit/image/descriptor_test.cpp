// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/descriptor.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

namespace lamina::image {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string descriptor(std::string_view type, const std::string& digest = kA, std::string_view size = "7") {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", type, digest, size);
}

std::string manifest_with(const std::string& config, const std::string& layers, std::string_view more = "") {
  return fmt::format(R"({{"schemaVersion":2,{}"config":{},"layers":{}}})", more, config, layers);
}

std::string with_layer(std::string_view type) {
  return manifest_with(descriptor(kOciConfig), fmt::format("[{}]", descriptor(type)));
}

template <typename Parse>
std::string error_of(Parse parse) {
  try {
    parse();
  } catch (const util::Error& error) {
    return error.what();
  }
  return "accepted";
}

std::string manifest_error(const std::string& json) {
  return error_of([&] { Manifest::parse(json, "the manifest"); });
}

TEST(Manifest, ParsesOci) {
  const auto json = manifest_with(descriptor(kOciConfig),
                                  fmt::format("[{},{}]", descriptor("application/vnd.oci.image.layer.v1.tar+gzip"),
                                              descriptor(kOciLayerTar, kB, "9007199254740993")));
  const auto manifest = Manifest::parse(json, "it");
  EXPECT_EQ(manifest.media_type, kOciManifest);
  EXPECT_EQ(manifest.config.digest.str(), kA);
  EXPECT_EQ(manifest.config.size, 7U);
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[1].digest.str(), kB);
  EXPECT_EQ(manifest.layers[1].size, 9007199254740993U);
}

TEST(Manifest, ParsesDocker) {
  const auto json = manifest_with(descriptor("application/vnd.docker.container.image.v1+json"),
                                  fmt::format("[{}]", descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip")),
                                  R"("mediaType":"application/vnd.docker.distribution.manifest.v2+json",)");
  EXPECT_EQ(Manifest::parse(json, "it").media_type, "application/vnd.docker.distribution.manifest.v2+json");
}

TEST(Manifest, TakesEveryKindOfLayer) {
  for (const auto* const type :
       {"application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}) {
    EXPECT_EQ(manifest_error(with_layer(type)), "accepted") << type;
  }
}

TEST(Manifest, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(manifest_error(with_layer("application/x.odd")),
            "the manifest: layers[0] has the unknown type \"application/x.odd\"");
  EXPECT_THAT(manifest_error(manifest_with(descriptor("application/vnd.cncf.helm.config.v1+json"), "[]")),
              AllOf(HasSubstr("not a container image"), HasSubstr("helm")));
  EXPECT_THAT(manifest_error(R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]})"),
              AllOf(HasSubstr("not a container image"), HasSubstr("artifact")));
}

TEST(Manifest, TellsOtherDocumentsApart) {
  EXPECT_THAT(manifest_error(R"({"schemaVersion":1,"fsLayers":[],"history":[]})"), HasSubstr("too old"));
  EXPECT_THAT(manifest_error(R"({"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws"})"),
              HasSubstr("too old"));
  EXPECT_THAT(manifest_error(R"({"manifests":[]})"), HasSubstr("index"));
  EXPECT_THAT(manifest_error(R"({"architecture":"amd64","config":{},"rootfs":{}})"), HasSubstr("neither"));
  EXPECT_THAT(manifest_error(R"({"layers":[],"manifests":[]})"), HasSubstr("ambiguous"));
  EXPECT_THAT(manifest_error(fmt::format(R"({{"mediaType":"{}","manifests":[],"config":{{}}}})", kOciManifest)),
              HasSubstr("ambiguous"));
}

TEST(Manifest, SaysWhatIsMissingOrOfTheWrongType) {
  const auto layer = fmt::format("[{}]", descriptor(kOciLayerTar));
  const auto type = fmt::format(R"("mediaType":"{}")", kOciManifest);
  EXPECT_EQ(manifest_error(fmt::format("{{{}}}", type)), "the manifest: config is missing");
  EXPECT_EQ(manifest_error(fmt::format("{{{},\"config\":{}}}", type, descriptor(kOciConfig))),
            "the manifest: layers is missing");
  EXPECT_EQ(manifest_error(manifest_with("7", layer)), "the manifest: config is not an object");
  EXPECT_EQ(manifest_error(manifest_with("{}", layer)), "the manifest: config.mediaType is missing");
  EXPECT_EQ(manifest_error(manifest_with(descriptor(kOciConfig), "{}")),
            "the manifest: layers is not a list of objects");
  EXPECT_EQ(manifest_error(manifest_with(descriptor(kOciConfig), "[7]")), "the manifest: layers[0] is not an object");
  for (const auto* const size :
       {"-1", "1.5", "1e3", "\"7\"", "true", "[]", "9223372036854775808", "99999999999999999999"}) {
    EXPECT_EQ(manifest_error(manifest_with(descriptor(kOciConfig, kA, size), layer)),
              "the manifest: config.size is not a number of bytes")
        << size;
  }
  EXPECT_EQ(manifest_error(manifest_with(descriptor(kOciConfig, kA, "null"), layer)),
            "the manifest: config.size is missing");
  for (const auto& digest : {std::string("sha256:12"), "sha512:" + std::string(128, 'a'), std::string("../../etc"),
                             "SHA256:" + std::string(64, 'a')}) {
    EXPECT_THAT(manifest_error(manifest_with(descriptor(kOciConfig, digest), layer)),
                AllOf(StartsWith("the manifest: config.digest "), HasSubstr("SHA-256")));
  }
}

TEST(Manifest, RefusesBrokenJsonInOneSentence) {
  const std::string good = manifest_with(descriptor(kOciConfig), "[]");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_THAT(manifest_error(good.substr(0, length)), StartsWith("the manifest is not valid JSON")) << length;
  }
  EXPECT_EQ(manifest_error(good), "accepted");
  EXPECT_EQ(manifest_error("[]"), "the manifest is not a JSON object");
  EXPECT_THAT(manifest_error("{\"a\":1e999}"), StartsWith("the manifest is not valid JSON"));
  EXPECT_THAT(manifest_error("{\"a\":\"\xff\"}"), StartsWith("the manifest is not valid JSON"));
  EXPECT_THAT(manifest_error(good + "x"), StartsWith("the manifest is not valid JSON"));
}

TEST(Manifest, RefusesDeepNesting) {
  constexpr std::size_t kDeep = 1'000'000;
  EXPECT_THAT(manifest_error(std::string(kDeep, '[')), HasSubstr("nested"));
  std::string objects;
  for (std::size_t i = 0; i < 10'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(manifest_error(objects), HasSubstr("nested"));
}

TEST(Manifest, DumpsCanonicallyWhatItParses) {
  Manifest manifest{
      .media_type = std::string(kOciManifest),
      .config = {std::string(kOciConfig), *digest::Digest::find(kA), 7, {}, {}},
      .layers = {
          {std::string(kOciLayerTar), *digest::Digest::find(kB), 9, {{"k", "v"}}, Platform{"linux", "arm", "v7"}}}};
  EXPECT_EQ(
      manifest.dump(),
      fmt::format(
          R"({{"config":{{"digest":"{}","mediaType":"{}","size":7}},"layers":[{{"annotations":{{"k":"v"}},"digest":"{}",)"
          R"("mediaType":"{}","platform":{{"architecture":"arm","os":"linux","variant":"v7"}},"size":9}}],)"
          R"("mediaType":"{}","schemaVersion":2}})",
          kA, kOciConfig, kB, kOciLayerTar, kOciManifest));
  EXPECT_EQ(Manifest::parse(manifest.dump(), "it").dump(), manifest.dump());
}

TEST(Index, ParsesDescriptorsAndIgnoresUnknownTypes) {
  const auto json = fmt::format(
      R"({{"mediaType":"{}","manifests":[{},{{"mediaType":"{}","digest":"{}","size":3,"platform":{{"os":"linux","architecture":"arm",)"
      R"("variant":"v7"}},"annotations":{{"org.opencontainers.image.ref.name":"1.0"}}}},{}]}})",
      kOciIndex, descriptor("application/x.odd"), kOciManifest, kB, descriptor(kOciIndex));
  const auto index = Index::parse(json, "it");
  ASSERT_EQ(index.manifests.size(), 2U);
  EXPECT_EQ(index.manifests[0].platform, (Platform{"linux", "arm", "v7"}));
  EXPECT_EQ(index.manifests[0].annotations.at(std::string(kRefNameAnnotation)), "1.0");
  EXPECT_TRUE(is_index_media_type(index.manifests[1].media_type));
  EXPECT_FALSE(index.manifests[1].platform.has_value());
}

TEST(Index, RefusesAManifest) {
  EXPECT_THAT(error_of([] { Index::parse(manifest_with(descriptor(kOciConfig), "[]"), "it"); }),
              HasSubstr("index is needed"));
}

TEST(DocumentKind, GoesByMediaTypeOrMembers) {
  EXPECT_EQ(document_kind(R"({"manifests":null})", "it"), DocumentKind::index);
  EXPECT_EQ(document_kind(R"({"manifests":[],"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json"})",
                          "it"),
            DocumentKind::index);
  EXPECT_EQ(document_kind(R"({"layers":[]})", "it"), DocumentKind::manifest);
  EXPECT_EQ(document_kind(R"({"mediaType":null,"layers":[]})", "it"), DocumentKind::manifest);
}

}  // namespace
}  // namespace lamina::image
