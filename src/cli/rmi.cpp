// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <lamina/mount/record.hpp>
#include <lamina/store/gc.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

struct Options {
  std::vector<std::string> images;
  bool force = false;
};

/// Was the image asked for by one of its names (and not by ID or digest)?
const image::Reference* find_name(const store::Image& image, const std::string& text) {
  for (const auto& name : image.names) {
    try {
      if (name == image::Reference::parse(text)) return &name;
    } catch (const util::Error&) {
      return nullptr;  // an ID need not be a name
    }
  }
  return nullptr;
}

void require_unused(const store::Store& store, const store::Image& image) {
  for (const auto& mount : mount::live_mounts(store)) {
    if (mount.image_id != image.record.id.str()) continue;
    throw util::Error(
        fmt::format("{} is mounted on {}: unmount it first", image.display_name(), util::printable(mount.mountpoint)),
        EBUSY);
  }
}

/// docker's rule: a name is taken away; with its last name, or by ID, the image goes, or without `removal` only
/// its names.
void remove(const store::Store& store, store::Removal* removal, const std::string& text, bool force) {
  const auto image = store.get_image(text);
  const auto* name = find_name(image, text);
  if (name != nullptr && image.names.size() > 1) {
    store.untag(*name);
    print(fmt::format("Untagged: {}\n", name->familiar()));
    return;
  }
  if (name == nullptr && image.names.size() > 1 && !force) {
    throw util::Error(
        fmt::format("{} has {} names: remove them one by one, or all with --force", text, image.names.size()));
  }
  require_unused(store, image);
  if (removal != nullptr) {
    removal->remove_image(image.record.id);
  } else {
    for (const auto& last : image.names) store.untag(last);
  }
  for (const auto& untagged : image.names) print(fmt::format("Untagged: {}\n", untagged.familiar()));
  if (removal != nullptr) {
    print(fmt::format("Deleted: {}\n", image.record.id.str()));
  } else {
    fmt::print(stderr, "lamina: other commands are using the store: the image {} goes at the next 'lamina prune'\n",
               store::short_id(image.record.id));
  }
}

void remove_all(const store::Store& store, const Options& options) {
  // An import may rely on what would be swept, and a mount that begins on the image. An import takes its time: it is
  // not waited for. Only a sweep is, which has the lock for itself.
  const auto alone = store.find_lock(util::LockMode::exclusive);
  const auto shared = alone ? std::nullopt : std::optional(store.lock(util::LockMode::shared));
  std::optional<store::Removal> removal;
  if (alone) removal.emplace(store);
  for (const auto& image : options.images) remove(store, removal ? &*removal : nullptr, image, options.force);
  if (removal) removal->sweep();
}

}  // namespace

void add_rmi(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("rmi", "Remove images, and what no other image needs");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGE", options->images, "NAME[:TAG], NAME@DIGEST or image ID")->required();
  command->add_flag("-f,--force", options->force, "Remove an image given by ID with all of its names");
  command->callback([&globals, options] { remove_all(globals.open_store(), *options); });
}

}  // namespace lamina::cli
