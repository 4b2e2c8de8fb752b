// SPDX-License-Identifier: Apache-2.0
// A store in a temporary directory, and a way to put small images into it without an archive.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/image/descriptor.hpp>
#include <lamina/store/layer_staging.hpp>
#include <lamina/store/store.hpp>
#include <lamina/tree/builder.hpp>

#include "support/temp_dir.hpp"

namespace lamina::store {

class StoreTest : public testing::Test {
protected:
  /// A layer that holds one file. Its archive is no tar, but the file's name, a line feed and its content.
  static digest::Digest add_layer(ImportStaging& staging, const std::string& name, const std::string& content) {
    const auto diff_id = digest::hash(util::as_bytes(name + "\n" + content));
    LayerStaging layer(staging, diff_id);
    tree::TreeBuilder builder(tree::TreeKind::layer);
    util::Metadata metadata;
    metadata.mode = S_IFREG | 0644U;
    const auto file = layer.add_object(util::as_bytes(content));
    builder.put_file(util::RelPath::parse(name), metadata, file);
    layer.skeleton().add({name + "\n", 0, content.size()}, file.digest);
    LayerInfo info;
    info.diff_id = diff_id;
    info.content_bytes = content.size();
    layer.finish(info, builder.build());
    return diff_id;
  }

  /// An image of one such layer.
  digest::Digest add_image(const std::string& name, const std::string& content, const std::string& created) const {
    ImportStaging staging(store_);
    image::Config config;
    config.platform = image::Platform::parse("linux/amd64");
    config.created = created;
    config.diff_ids = {add_layer(staging, "file", content)};
    staging.add_merged_tree(config.diff_ids);
    staging.publish();
    const auto id = store_.put_blob(config.dump());
    image::Manifest manifest;
    manifest.config.digest = id;
    store_.put_image({id, store_.put_blob(manifest.dump()), image::chain_id(config.diff_ids), 0});
    staging.complete();
    if (!name.empty()) store_.tag(image::Reference::parse(name), id);
    return id;
  }

  test::TempDir temp_;
  Store store_ = Store::open(temp_.str("store"));
};

}  // namespace lamina::store
