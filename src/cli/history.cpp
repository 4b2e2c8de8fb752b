// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include <lamina/util/error.hpp>

#include "command.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

struct Options {
  std::string image;
  bool json = false;
  bool no_trunc = false;
};

struct Step {
  image::HistoryEntry entry;
  std::optional<digest::Digest> layer;  ///< nullopt for a step that only changed metadata
  std::uint64_t size = 0;               ///< bytes of file content in the layer
};

/// History and layers side by side, oldest first. Layers that the history does not mention come last.
std::vector<Step> steps_of(const store::Store& store, const store::Image& image) {
  std::vector<Step> steps;
  auto next_layer = image.config.diff_ids.begin();
  const auto last_layer = image.config.diff_ids.end();
  const auto add = [&](image::HistoryEntry entry) {
    Step step{std::move(entry), std::nullopt, 0};
    if (!step.entry.empty_layer && next_layer != last_layer) {
      step.layer = *next_layer++;
      step.size = store.layer_info(*step.layer).content_bytes;
    }
    steps.push_back(std::move(step));
  };
  for (const auto& entry : image.config.history) add(entry);
  while (next_layer != last_layer) add({});
  return steps;
}

/// At most 45 characters, as docker cuts it.
std::string shorten(const std::string& text) {
  constexpr std::size_t kMost = 45;
  return text.size() <= kMost ? text : text.substr(0, kMost - 1) + "…";
}

void show_history(const Globals& globals, const Options& options) {
  const auto store = globals.open_store();
  const auto lock = store.lock(util::LockMode::shared);
  const auto image = store.get_image(options.image);
  auto steps = steps_of(store, image);
  std::ranges::reverse(steps);
  if (options.json) {
    auto list = nlohmann::json::array();
    for (const auto& step : steps) {
      list.push_back({{"created", step.entry.created},
                      {"created_by", step.entry.created_by},
                      {"author", step.entry.author},
                      {"comment", step.entry.comment},
                      {"empty_layer", !step.layer.has_value()},
                      {"layer", step.layer ? nlohmann::json(step.layer->str()) : nlohmann::json()},
                      {"size", step.size}});
    }
    print_json(list);
    return;
  }
  Table table({"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"});
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    const auto id = options.no_trunc ? image.record.id.str() : store::short_id(image.record.id);
    const auto created_by = util::printable(step.entry.created_by);
    table.add({i == 0 ? id : "<missing>", human_age(step.entry.created),
               options.no_trunc ? created_by : shorten(created_by), human_size(step.size),
               util::printable(step.entry.comment)});
  }
  table.print();
}

}  // namespace

void add_history(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("history", "Show the steps that made an image, newest first");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGE", options->image, "NAME[:TAG], NAME@DIGEST or image ID")->required();
  command->add_flag("--json", options->json, "As JSON");
  command->add_flag("--no-trunc", options->no_trunc, "Cut nothing short");
  command->callback([&globals, options] { show_history(globals, *options); });
}

}  // namespace lamina::cli
