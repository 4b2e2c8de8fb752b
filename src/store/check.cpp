// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/check.hpp>

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/store/layer_tar.hpp>
#include <lamina/store/names.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/parallel.hpp>

namespace lamina::store {
namespace {

using util::Error;

constexpr std::size_t kMaxThreads = 16;

/// One run over one store. Problems are gathered, not thrown: the next thing is looked at all the same.
class Checker {
public:
  explicit Checker(const Store& store) : store_(store) {}

  CheckReport run() {
    check_objects();
    check_blobs();
    const auto layers = store_.root().list(names::kLayers);
    util::run_parallel(layers.size(), kMaxThreads, [&](std::size_t i) { guard([&] { check_layer(layers[i]); }); });
    report_.layers = layers.size();
    guard([&] { check_images(); });
    std::ranges::sort(report_.problems);
    return std::move(report_);
  }

private:
  template <typename Step>
  void guard(Step&& step) {
    try {
      step();
    } catch (const Error& error) {
      problem(error.what());
    }
  }

  void problem(std::string sentence) {
    const std::lock_guard hold(mutex_);
    report_.problems.push_back(std::move(sentence));
  }

  void check_objects() {
    std::vector<std::string> paths;
    for (const auto& prefix : store_.root().list(names::kObjects)) {
      for (const auto& name : store_.root().list(fmt::format("{}/{}", names::kObjects, prefix))) {
        paths.push_back(fmt::format("{}/{}/{}", names::kObjects, prefix, name));
      }
    }
    util::run_parallel(paths.size(), kMaxThreads, [&](std::size_t i) { guard([&] { check_object(paths[i]); }); });
    report_.objects = paths.size();
  }

  void check_object(const std::string& path) {
    const auto expected = digest::Digest::find_hex(path.substr(path.rfind('/') + 1));
    if (!expected || names::object(*expected) != path) {
      problem(fmt::format("{} is not an object's name", store_.root().full(path)));
      return;
    }
    digest::HashingSource hashing(
        std::make_unique<util::FdSource>(store_.root().open_file(path), store_.root().full(path)));
    const std::uint64_t size = util::drain(hashing);
    if (hashing.finish() != *expected) {
      problem(fmt::format("the object {} is damaged: its content has another digest", expected->hex()));
    }
    const std::lock_guard hold(mutex_);
    sizes_[*expected] = size;
    report_.object_bytes += size;
  }

  void check_blobs() {
    for (const auto& name : store_.root().list(names::kBlobs)) {
      const auto digest = digest::Digest::find_hex(name);
      if (!digest) {
        problem(fmt::format("{}/{} is not a blob's name", store_.root().full(names::kBlobs), name));
      } else {
        guard([&] { static_cast<void>(store_.get_blob(*digest)); });
      }
    }
  }

  void check_layer(const std::string& name) {
    const auto diff_id = digest::Digest::find_hex(name);
    if (!diff_id) throw Error(fmt::format("{}/{} is not a layer's name", store_.root().full(names::kLayers), name));
    guard([&] {
      if (store_.layer_info(*diff_id).diff_id != *diff_id) {
        throw Error(fmt::format("the layer {} says of itself that it is another", name));
      }
    });
    const auto tree = store_.layer_tree(*diff_id);
    tree.validate();
    for (std::uint64_t i = 0; i < tree.digest_count(); ++i) {
      const auto found = sizes_.find(tree.digest_at(i));
      if (found == sizes_.end()) {
        problem(fmt::format("the layer {} misses the object {}", name, tree.digest_at(i).hex()));
      } else if (found->second != tree.digest_size(i)) {
        problem(fmt::format("the layer {} has the object {} with {} bytes, but {} are there", name,
                            tree.digest_at(i).hex(), tree.digest_size(i), found->second));
      }
    }
    digest::HashingSource tar(std::make_unique<LayerTar>(store_, *diff_id));
    util::drain(tar);
    if (const auto actual = tar.finish(); actual != *diff_id) {
      throw Error(
          fmt::format("the layer {} is damaged: its archive, made again, has the digest {}", name, actual.str()));
    }
  }

  void check_images() {
    for (const auto& image : store_.images()) {
      ++report_.images;
      guard([&] { check_image(image); });
    }
    for (const auto& name : store_.root().list(names::kImageNames)) guard([&] { store_.check_name(name); });
  }

  void check_image(const Image& image) {
    static_cast<void>(store_.get_blob(image.record.manifest));
    if (image.record.chain != image::chain_id(image.config.diff_ids)) {
      throw Error(fmt::format("the image {} names a merged tree that is not its own", image.display_name()));
    }
    for (const auto& diff_id : image.config.diff_ids) {
      if (!store_.has_layer(diff_id)) {
        throw Error(fmt::format("the image {} misses its layer {}", image.display_name(), diff_id.str()));
      }
    }
    if (!store_.has_merged_tree(image.record.chain)) return;  // derived: made again when it is wanted
    const auto tree = store_.merged_tree(image);
    ++report_.trees;
    tree.validate();
    if (util::as_text(tree.bytes()) != store_.merge_layers(image.config.diff_ids)) {
      throw Error(fmt::format("the merged tree of {} is not what its layers give", image.display_name()));
    }
  }

  const Store& store_;
  std::mutex mutex_;  ///< over report_ and sizes_ while several threads are at work
  CheckReport report_;
  std::map<digest::Digest, std::uint64_t> sizes_;
};

}  // namespace

CheckReport check(const Store& store) { return Checker(store).run(); }

}  // namespace lamina::store
