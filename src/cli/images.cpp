// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "image_facts.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

struct Options {
  bool json = false;
  bool quiet = false;
  bool no_trunc = false;
};

nlohmann::json to_json(const store::Store& store, const store::Image& image) {
  auto names = nlohmann::json::array();
  for (const auto& name : image.names) names.push_back(name.familiar());
  auto layers = nlohmann::json::array();
  for (const auto& diff_id : image.config.diff_ids) layers.push_back(diff_id.str());
  return {{"id", image.record.id.str()},           {"names", names},
          {"digest", image.record.manifest.str()}, {"created", image.config.created},
          {"size", image_size(store, image)},      {"layers", layers}};
}

void list_images(const Globals& globals, const Options& options) {
  const auto store = globals.open_store();
  const auto lock = store.lock(util::LockMode::shared);
  const auto images = store.images();
  if (options.json) {
    auto list = nlohmann::json::array();
    for (const auto& image : images) list.push_back(to_json(store, image));
    print_json(list);
    return;
  }
  const auto id_of = [&](const store::Image& image) {
    return options.no_trunc ? image.record.id.str() : store::short_id(image.record.id);
  };
  if (options.quiet) {
    for (const auto& image : images) print(id_of(image) + "\n");
    return;
  }
  Table table({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
  for (const auto& image : images) {
    const auto created = human_age(image.config.created);
    const auto size = human_size(image_size(store, image));
    if (image.names.empty()) table.add({"<none>", "<none>", id_of(image), created, size});
    for (const auto& name : image.names) table.add({name.familiar_name(), name.tag, id_of(image), created, size});
  }
  table.print();
}

}  // namespace

void add_images(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("images", "List the images of the store");
  const auto options = std::make_shared<Options>();
  command->add_flag("--json", options->json, "As JSON");
  command->add_flag("-q,--quiet", options->quiet, "Print image IDs only");
  command->add_flag("--no-trunc", options->no_trunc, "Print image IDs in full");
  command->callback([&globals, options] { list_images(globals, *options); });
}

}  // namespace lamina::cli
