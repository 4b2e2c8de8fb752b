// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <lamina/mount/record.hpp>
#include <lamina/store/gc.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

struct Options {
  bool all = false;
  bool dry_run = false;
  bool force = false;
  bool json = false;
};

/// docker asks before it removes what has a name.
void require_consent() {
  if (::isatty(STDIN_FILENO) != 1) {
    throw CLI::ValidationError("prune", "there is no terminal to ask on: --all needs --force (or --dry-run)");
  }
  fmt::print(stderr, "This removes all images that are not mounted.\nAre you sure you want to continue? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y") throw util::Error("nothing was removed");
}

util::FileLock wait_for_lock(const store::Store& store) {
  if (auto lock = store.find_lock(util::LockMode::exclusive)) return std::move(*lock);
  fmt::print(stderr, "lamina: waiting for other commands that use the store, such as imports\n");
  return store.lock(util::LockMode::exclusive);
}

std::vector<store::Image> images_to_remove(const store::Store& store, bool all) {
  const auto mounts = mount::live_mounts(store);
  auto images = store.images();
  std::erase_if(images, [&](const store::Image& image) {
    const bool is_mounted =
        std::ranges::find(mounts, image.record.id.str(), &mount::MountRecord::image_id) != mounts.end();
    return is_mounted || (!all && !image.names.empty());
  });
  return images;
}

void show_json(const std::vector<store::Image>& removed, const store::GcPlan& plan, bool dry_run) {
  auto images = nlohmann::json::array();
  for (const auto& image : removed) {
    auto names = nlohmann::json::array();
    for (const auto& name : image.names) names.push_back(name.familiar());
    images.push_back({{"id", image.record.id.str()}, {"names", std::move(names)}});
  }
  auto layers = nlohmann::json::array();
  for (const auto& layer : plan.layers) layers.push_back(layer.str());
  print_json({{"dry_run", dry_run},
              {"images", std::move(images)},
              {"layers", std::move(layers)},
              {"objects", plan.objects.size()},
              {"bytes", plan.bytes}});
}

void show(const std::vector<store::Image>& removed, const store::GcPlan& plan, bool dry_run) {
  const std::string_view deleted = dry_run ? "Would delete" : "Deleted";
  for (const auto& image : removed) {
    for (const auto& name : image.names)
      print(fmt::format("{}: {}\n", dry_run ? "Would untag" : "Untagged", name.familiar()));
    print(fmt::format("{}: {}\n", deleted, image.record.id.str()));
  }
  for (const auto& layer : plan.layers) print(fmt::format("{} layer: {}\n", deleted, layer.str()));
  if (!plan.objects.empty()) print(fmt::format("{} objects: {}\n", deleted, plan.objects.size()));
  print(fmt::format("Total {} space: {}\n", dry_run ? "reclaimable" : "reclaimed", human_size(plan.bytes)));
}

store::GcPlan remove(const store::Store& store, const std::vector<store::Image>& images) {
  store::Removal removal(store);
  for (const auto& image : images) removal.remove_image(image.record.id);
  return removal.sweep();
}

void prune(const Globals& globals, const Options& options) {
  if (options.all && !options.force && !options.dry_run) require_consent();
  const auto store = globals.open_store();  // which sweeps the staging of commands that were killed
  const auto lock = wait_for_lock(store);
  const auto images = images_to_remove(store, options.all);
  const auto plan = options.dry_run ? store::plan_gc(store, images) : remove(store, images);
  if (options.json) show_json(images, plan, options.dry_run);
  else show(images, plan, options.dry_run);
}

}  // namespace

void add_prune(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("prune", "Remove images without a name, and what no image needs");
  const auto options = std::make_shared<Options>();
  command->add_flag("-a,--all", options->all,
                    "Remove all images that are not mounted, whether they have a name or not");
  command->add_flag("-f,--force", options->force, "Do not ask");
  command->add_flag("-n,--dry-run", options->dry_run, "Say what would be removed, and remove nothing");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&globals, options] { prune(globals, *options); });
}

}  // namespace lamina::cli
