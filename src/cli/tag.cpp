// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "command.hpp"

namespace lamina::cli {

void add_tag(CLI::App& app, const Globals& globals) {
  struct Options {
    std::string image;
    std::string name;
  };
  auto* command = app.add_subcommand("tag", "Give an image another name");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGE", options->image, "NAME[:TAG], NAME@DIGEST or image ID")->required();
  command->add_option("NAME", options->name, "NAME[:TAG]; taken from the image that has it now")->required();
  command->callback([&globals, options] {
    const auto name = parse_argument(image::Reference::parse, options->name);
    const auto store = globals.open_store();
    const auto lock = store.lock(util::LockMode::shared);
    store.tag(name, store.get_image(options->image).record.id);
  });
}

}  // namespace lamina::cli
