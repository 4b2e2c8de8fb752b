// SPDX-License-Identifier: Apache-2.0
// Small image sources made on the spot: layers as tar archives in memory, OCI layouts and docker archives around them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <lamina/archive/tar_writer.hpp>
#include <lamina/digest/hasher.hpp>
#include <lamina/ingest/import.hpp>
#include <lamina/store/check.hpp>
#include <lamina/util/error.hpp>

#include "support/temp_dir.hpp"

namespace lamina::ingest {

class StringSink final : public util::Sink {
public:
  void write(util::Bytes data) override { text += util::as_text(data); }
  std::string text;
};

/// A tar archive that grows entry by entry.
class Tar {
public:
  Tar& file(const std::string& path, const std::string& content) {
    archive::Entry entry = make(path, archive::EntryType::file, S_IFREG | 0644U);
    entry.size = content.size();
    util::MemorySource source(content);
    writer_.add(entry, &source);
    return *this;
  }
  Tar& directory(const std::string& path) {
    writer_.add(make(path, archive::EntryType::directory, S_IFDIR | 0755U));
    return *this;
  }
  Tar& link(const std::string& path, archive::EntryType type, const std::string& target) {
    archive::Entry entry = make(path, type, S_IFLNK | 0777U);
    entry.link_target = target;
    writer_.add(entry);
    return *this;
  }
  std::string bytes() {
    writer_.finish();
    return sink_.text;
  }

private:
  static archive::Entry make(const std::string& path, archive::EntryType type, std::uint32_t mode) {
    archive::Entry entry;
    entry.path = path;
    entry.type = type;
    entry.metadata.mode = mode;
    entry.metadata.mtime = {1700000000, 123456789};
    return entry;
  }

  StringSink sink_;
  archive::TarWriter writer_{sink_};
};

inline std::string digest_of(const std::string& bytes) { return digest::hash(util::as_bytes(bytes)).str(); }

inline std::string config_json(const std::vector<std::string>& layers, const std::string& architecture = "amd64") {
  std::vector<std::string> diff_ids;
  for (const auto& layer : layers) diff_ids.push_back('"' + digest_of(layer) + '"');
  return fmt::format(
      R"({{"architecture":"{}","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[]}})", architecture,
      fmt::join(diff_ids, ","));
}

class IngestTest : public testing::Test {
protected:
  struct Silent final : Progress {
    void wait() override {}
    void start(std::uint64_t bytes) override { total = bytes; }
    void advance(std::uint64_t bytes) override { seen += bytes; }
    std::uint64_t total = 0;
    std::uint64_t seen = 0;
  };

  /// Writes a blob into an OCI layout; its descriptor.
  std::string put_blob(const std::string& layout, const std::string& media_type, const std::string& bytes) const {
    const auto digest = digest_of(bytes);
    temp_.write(fmt::format("{}/blobs/sha256/{}", layout, digest.substr(7)), bytes);
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", media_type, digest, bytes.size());
  }

  /// The descriptor of a manifest that is put into the layout with its config and its layers.
  std::string put_image(const std::string& layout, const std::vector<std::string>& layers,
                        const std::string& config) const {
    std::vector<std::string> descriptors;
    for (const auto& layer : layers) {
      descriptors.push_back(put_blob(layout, "application/vnd.oci.image.layer.v1.tar", layer));
    }
    const auto manifest =
        fmt::format(R"({{"schemaVersion":2,"mediaType":"{0}","config":{1},"layers":[{2}]}})", image::kOciManifest,
                    put_blob(layout, std::string(image::kOciConfig), config), fmt::join(descriptors, ","));
    return put_blob(layout, std::string(image::kOciManifest), manifest);
  }

  void put_index(const std::string& layout, const std::vector<std::string>& descriptors) const {
    temp_.write(layout + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    temp_.write(layout + "/index.json",
                fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", fmt::join(descriptors, ",")));
  }

  static std::string with(std::string descriptor, const std::string& members) {
    descriptor.insert(descriptor.size() - 1, "," + members);
    return descriptor;
  }

  std::vector<SourceImage> open(const std::string& source, const std::string& platform = "linux/amd64",
                                const Limits& limits = {}) const {
    return open_source(source, image::Platform::parse(platform), store_.staging(), limits);
  }

  ImportResult import_one(const std::string& source) {
    const auto images = open(source);
    EXPECT_EQ(images.size(), 1U);
    return import_image(store_, images.front(), images.front().names, {}, progress_);
  }

  /// The sentence with which `source` is refused; the store has to be as empty as before.
  std::string refusal(const std::string& source, const std::string& platform = "linux/amd64") {
    std::string sentence;
    try {
      for (const auto& image : open(source, platform)) import_image(store_, image, image.names, {}, progress_);
    } catch (const util::Error& error) {
      sentence = error.what();
    }
    EXPECT_TRUE(store_.images().empty());
    const auto report = store::check(store_);
    EXPECT_EQ(report.objects + report.layers + report.problems.size(), 0U);
    EXPECT_TRUE(store_.staging().list().empty());
    EXPECT_EQ(sentence.find('\n'), std::string::npos);
    return sentence;
  }

  /// "file content" of path in an image, through its merged tree.
  std::string read(const std::string& image, const std::string& path) const {
    const auto tree = store_.merged_tree(store_.get_image(image));
    const auto ino = tree::find_path(tree, path, tree::FollowLast::no);
    if (!ino) return "<absent>";
    const auto object = tree.object(*ino);
    if (!object) return "";
    util::FdSource source(store_.open_object(*object), path);
    return util::read_all(source, 1U << 24U, path);
  }

  test::TempDir temp_;
  store::Store store_ = store::Store::open(temp_.str("store"));
  Silent progress_;
};

/// testing::Contains for sentences.
inline testing::AssertionResult says(const std::string& sentence, const std::string& words) {
  if (sentence.find(words) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << sentence << "' does not say '" << words << "'";
}

}  // namespace lamina::ingest
