// SPDX-License-Identifier: Apache-2.0
// Store: the content-addressed store on disk (ARCHITECTURE "Forms on disk", man/lamina-store.5; names in names.hpp).
// Everything visible is complete: it was staged below tmp/, synced and renamed. Objects, layers and trees are opened
// for reading only. Several processes may use one store at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lamina/digest/digest.hpp>
#include <lamina/image/config.hpp>
#include <lamina/image/reference.hpp>
#include <lamina/store/image_record.hpp>
#include <lamina/tree/tree.hpp>
#include <lamina/util/file_lock.hpp>
#include <lamina/util/root_dir.hpp>

namespace lamina::store {

class Store {
public:
  /// Opens the store at `path`, making it when there is nothing yet, and sweeps staging whose owner died.
  /// Throws Error: unknown version, not a store, no permission.
  static Store open(const std::string& path);
  /// LAMINA_STORE, else /var/lib/lamina for root, else $XDG_DATA_HOME/lamina (~/.local/share/lamina).
  static std::string default_path();

  const util::RootDir& root() const noexcept { return root_; }
  const std::string& path() const noexcept { return root_.path(); }
  /// tmp/, where staging lives, and mounts/, which the room `mount` fills.
  const util::RootDir& staging() const noexcept { return tmp_; }
  util::RootDir mounts() const;

  // Blobs: manifests and configs, the bytes as received.
  std::string get_blob(const digest::Digest& digest) const;
  digest::Digest put_blob(std::string_view bytes) const;

  // Objects: contents of regular files.
  bool has_object(const digest::Digest& digest) const;
  /// Read-only descriptor. Throws Error when it is missing.
  util::Fd open_object(const digest::Digest& digest) const;

  // Layers, by DiffID.
  bool has_layer(const digest::Digest& diff_id) const;
  tree::Tree layer_tree(const digest::Digest& diff_id) const;
  LayerInfo layer_info(const digest::Digest& diff_id) const;

  // Merged trees, by ChainID: derived, made again when missing.
  /// The bytes of a fresh merge.
  std::string merge_layers(const std::vector<digest::Digest>& diff_ids) const;
  bool has_merged_tree(const digest::Digest& chain_id) const;
  tree::Tree merged_tree(const Image& image) const;

  // Images and their names.
  std::vector<Image> images() const;  ///< newest first
  /// By name, NAME@DIGEST, or ID prefix. Throws Error that suggests near names when there is none.
  Image get_image(std::string_view text) const;
  std::optional<Image> find_image(std::string_view text) const;
  void put_image(const ImageRecord& record) const;
  /// Points `name` at the image, taking it from the image that had it.
  void tag(const image::Reference& name, const digest::Digest& id) const;
  bool untag(const image::Reference& name) const;
  /// Throws Error when a file of images/names is damaged or names an image that is not there.
  void check_name(const std::string& file) const;
  void remove_image(const digest::Digest& id) const;

  /// Shared for whoever reads images or adds to the store, so that no sweep takes what is relied on; exclusive for a
  /// sweep, and to remove an image.
  util::FileLock lock(util::LockMode mode) const;
  /// nullopt instead of waiting.
  std::optional<util::FileLock> find_lock(util::LockMode mode) const;

private:
  Store(util::RootDir root, util::RootDir tmp) : root_(std::move(root)), tmp_(std::move(tmp)) {}
  util::RootDir root_;
  util::RootDir tmp_;
};

}  // namespace lamina::store
