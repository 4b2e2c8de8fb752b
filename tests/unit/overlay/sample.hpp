// SPDX-License-Identifier: Apache-2.0
// A small merged tree and its objects in a temporary directory, for the tests of overlay and fuse.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/overlay/object_files.hpp>
#include <lamina/tree/builder.hpp>
#include <lamina/tree/merge.hpp>
#include <lamina/util/root_dir.hpp>

#include "support/temp_dir.hpp"

namespace lamina::test {

/// Builds a layer whose contents become files named by their digest.
class Sample {
public:
  Sample() { std::filesystem::create_directory(objects()); }

  std::string objects() const { return dir_.str("objects"); }
  std::string object(const std::string& content) const {
    return objects() + "/" + digest::hash(util::as_bytes(content)).hex();
  }

  void directory(const std::string& path, std::uint32_t mode = 0755) {
    builder_.put_directory(util::RelPath::parse(path), metadata(S_IFDIR | mode));
  }
  void file(const std::string& path, const std::string& content, util::Xattrs xattrs = {}) {
    auto facts = metadata(S_IFREG | 0644);
    facts.xattrs = std::move(xattrs);
    if (!content.empty()) std::ofstream(object(content), std::ios::binary) << content;
    builder_.put_file(util::RelPath::parse(path), facts, {content.size(), digest::hash(util::as_bytes(content))});
  }
  void symlink(const std::string& path, const std::string& target) {
    builder_.put_symlink(util::RelPath::parse(path), metadata(S_IFLNK | 0777), target);
  }
  void hardlink(const std::string& path, const std::string& target) {
    builder_.put_hardlink(util::RelPath::parse(path), util::RelPath::parse(target));
  }
  void special(const std::string& path, std::uint32_t mode, util::Device rdev = {}) {
    auto facts = metadata(mode);
    facts.rdev = rdev;
    builder_.put_special(util::RelPath::parse(path), facts);
  }

  tree::Tree tree() const {
    const auto layer = tree::Tree::from_bytes(builder_.build(), "the sample layer");
    const tree::Tree* layers[] = {&layer};
    return tree::Tree::from_bytes(tree::merge(layers), "the sample tree");
  }
  overlay::ObjectFiles files(std::size_t budget = 64) const {
    return {
        [dir = objects()](const digest::Digest& digest) { return util::RootDir::open(dir).open_file(digest.hex()); },
        budget};
  }

  static constexpr std::int64_t kTime = 1'700'000'000;

private:
  static util::Metadata metadata(std::uint32_t mode) { return {mode, 12, 34, {kTime, 987'654'321}, {}, {}}; }

  TempDir dir_;
  tree::TreeBuilder builder_{tree::TreeKind::layer};
};

}  // namespace lamina::test
