// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/store.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/store/gc.hpp>
#include <lamina/store/names.hpp>
#include <lamina/tree/merge.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/fault.hpp>
#include <lamina/util/log.hpp>
#include <lamina/util/staged.hpp>

#include "merge_trees.hpp"

namespace lamina::store {
namespace {

using util::Error;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The directory itself and its parents; the store is nobody else's to read.
void make_root(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path where(path);
  if (where.has_parent_path()) std::filesystem::create_directories(where.parent_path(), failure);
  if (failure) throw Error::from_errno(fmt::format("making the store {}", path), failure.value());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Error::from_errno(fmt::format("making the store {}", path));
  }
}

void lay_out(const util::RootDir& root) {
  for (const char* dir : {names::kBlobs, names::kObjects, names::kLayers, names::kTrees, names::kImageIds,
                          names::kImageNames, names::kMounts, names::kStaging}) {
    root.make_dirs(dir);
  }
  for (unsigned first = 0; first < 256; ++first) root.make_dir(fmt::format("{}/{:02x}", names::kObjects, first));
  // The version last: a directory that has it is laid out whole.
  util::publish_text(root.open_dir(names::kStaging), root, names::kVersion, names::kVersionText);
}

void require_known_version(const util::RootDir& root) {
  const auto version = root.find_text(names::kVersion, 4096);
  if (version == names::kVersionText) return;
  if (!version) {
    const auto held = root.list();
    // What lay_out leaves when it is interrupted is taken up again; anything else is somebody's directory.
    for (const auto& name : held) {
      static constexpr std::string_view kOurs[] = {"blobs", "objects", "layers", "trees", "images", "mounts", "tmp"};
      if (std::ranges::find(kOurs, name) == std::end(kOurs)) {
        throw Error(fmt::format("{} is not a lamina store: it holds '{}' and no version file", root.path(),
                                util::printable(name)));
      }
    }
    lay_out(root);
    return;
  }
  const std::string_view first_line = std::string_view(*version).substr(0, version->find('\n'));
  throw Error(fmt::format("the store {} has the format '{}', which this lamina does not know (it knows '{}')",
                          root.path(), util::printable(first_line),
                          names::kVersionText.substr(0, names::kVersionText.size() - 1)));
}

/// A reader needs no right to write, so that a store on read-only media can be looked at.
util::Fd open_lock(const util::RootDir& root, util::LockMode mode) {
  auto there = mode == util::LockMode::shared ? root.find_file(names::kLock) : std::nullopt;
  return there ? std::move(*there) : root.open_or_create(names::kLock);
}

/// Removes what an unfinished import or removal left. False when that cannot be done now.
bool collect_garbage(const Store& store) {
  try {
    const auto lock = store.find_lock(util::LockMode::exclusive);
    if (lock) Removal(store).sweep();
    return lock.has_value();
  } catch (const Error& error) {
    util::log(util::LogLevel::warning, error.what());  // `check` says more; other commands may still do their work
    return false;
  }
}

}  // namespace

std::string Store::default_path() {
  if (auto path = environment("LAMINA_STORE"); !path.empty()) return path;
  if (::geteuid() == 0) return "/var/lib/lamina";
  if (auto data = environment("XDG_DATA_HOME"); !data.empty()) return data + "/lamina";
  if (auto home = environment("HOME"); !home.empty()) return home + "/.local/share/lamina";
  throw Error("no place for the store: set LAMINA_STORE, XDG_DATA_HOME or HOME, or give --store DIR");
}

Store Store::open(const std::string& path) {
  const std::string absolute = std::filesystem::absolute(path).lexically_normal().string();
  make_root(absolute);
  auto root = util::RootDir::open(absolute);
  require_known_version(root);
  auto staging = root.open_dir(names::kStaging);
  Store store(std::move(root), std::move(staging));
  util::sweep_staging(store.staging(), [&](const util::RootDir& orphan) {
    return !orphan.exists(names::kUnfinished) || collect_garbage(store);
  });
  return store;
}

util::RootDir Store::mounts() const { return root_.open_dir(names::kMounts); }

std::string Store::get_blob(const digest::Digest& digest) const {
  auto text = root_.find_text(names::blob(digest));
  if (!text) throw Error(fmt::format("the store misses the blob {}", digest.str()));
  if (digest::hash(util::as_bytes(*text)) != digest) {
    throw Error(fmt::format("the blob {} in the store is damaged: its content has another digest", digest.str()));
  }
  return std::move(*text);
}

digest::Digest Store::put_blob(std::string_view bytes) const {
  const auto digest = digest::hash(util::as_bytes(bytes));
  if (!root_.exists(names::blob(digest))) {
    util::publish_text(tmp_, root_.open_dir(names::kBlobs), digest.hex(), bytes);
    util::fault_point("put.blob");
  }
  return digest;
}

bool Store::has_object(const digest::Digest& digest) const { return root_.exists(names::object(digest)); }

util::Fd Store::open_object(const digest::Digest& digest) const { return root_.open_file(names::object(digest)); }

bool Store::has_layer(const digest::Digest& diff_id) const { return root_.exists(names::layer(diff_id)); }

tree::Tree Store::layer_tree(const digest::Digest& diff_id) const {
  const std::string name = names::layer_tree(diff_id);
  return tree::Tree::open(root_.open_file(name), root_.full(name));
}

bool Store::has_merged_tree(const digest::Digest& chain_id) const { return root_.exists(names::merged_tree(chain_id)); }

std::string merge_trees(const std::vector<digest::Digest>& diff_ids,
                        const std::function<tree::Tree(const digest::Digest&)>& open_tree) {
  std::vector<tree::Tree> layers;
  layers.reserve(diff_ids.size());
  for (const auto& diff_id : diff_ids) layers.push_back(open_tree(diff_id));
  std::vector<const tree::Tree*> pointers;
  for (const auto& layer : layers) pointers.push_back(&layer);
  return tree::merge(pointers);
}

std::string Store::merge_layers(const std::vector<digest::Digest>& diff_ids) const {
  return merge_trees(diff_ids, [this](const digest::Digest& diff_id) { return layer_tree(diff_id); });
}

tree::Tree Store::merged_tree(const Image& image) const {
  const std::string name = names::merged_tree(image.record.chain);
  if (!has_merged_tree(image.record.chain)) {
    util::publish_text(tmp_, root_.open_dir(names::kTrees), image.record.chain.hex(),
                       merge_layers(image.config.diff_ids));
  }
  return tree::Tree::open(root_.open_file(name), root_.full(name));
}

util::FileLock Store::lock(util::LockMode mode) const { return util::FileLock::wait(open_lock(root_, mode), mode); }

std::optional<util::FileLock> Store::find_lock(util::LockMode mode) const {
  return util::FileLock::find(open_lock(root_, mode), mode);
}

}  // namespace lamina::store
