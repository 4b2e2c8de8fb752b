// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "image_facts.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

/// The members docker shows, by docker's names; Config is the config document's own member.
nlohmann::json describe(const store::Store& store, const store::Image& image) {
  auto tags = nlohmann::json::array();
  auto digests = nlohmann::json::array();
  for (const auto& name : image.names) {
    tags.push_back(name.familiar());
    digests.push_back(fmt::format("{}@{}", name.familiar_name(), image.record.manifest.str()));
  }
  auto layers = nlohmann::json::array();
  for (const auto& diff_id : image.config.diff_ids) layers.push_back(diff_id.str());
  const auto document = nlohmann::json::parse(store.get_blob(image.record.id));
  nlohmann::json description = {{"Id", image.record.id.str()},
                                {"RepoTags", tags},
                                {"RepoDigests", digests},
                                {"Digest", image.record.manifest.str()},
                                {"ChainID", image.record.chain.str()},
                                {"Created", image.config.created},
                                {"Author", image.config.author},
                                {"Architecture", image.config.platform.architecture},
                                {"Os", image.config.platform.os},
                                {"Size", image_size(store, image)},
                                {"RootFS", {{"Type", "layers"}, {"Layers", layers}}},
                                {"Config", document.value("config", nlohmann::json::object())},
                                {"History", document.value("history", nlohmann::json::array())}};
  if (!image.config.platform.variant.empty()) description["Variant"] = image.config.platform.variant;
  return description;
}

}  // namespace

void add_inspect(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("inspect", "Show everything about images, as a JSON array");
  const auto names = std::make_shared<std::vector<std::string>>();
  const auto json = std::make_shared<bool>(true);
  command->add_option("IMAGE", *names, "NAME[:TAG], NAME@DIGEST or image ID")->required();
  command->add_flag("--json", *json, "As JSON (it always is)");
  command->callback([&globals, names] {
    const auto store = globals.open_store();
    const auto lock = store.lock(util::LockMode::shared);
    auto list = nlohmann::json::array();
    for (const auto& name : *names) list.push_back(describe(store, store.get_image(name)));
    print_json(list);
  });
}

}  // namespace lamina::cli
