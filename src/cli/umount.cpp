// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <lamina/mount/mount.hpp>

#include "command.hpp"

namespace lamina::cli {

void add_umount(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("umount", "End mounts");
  const auto targets = std::make_shared<std::vector<std::string>>();
  command->add_option("DIR", *targets, "Mount point or mount ID")->required();
  command->callback([&globals, targets] {
    const auto store = globals.open_store();
    for (const auto& target : *targets) mount::umount(store, target);
  });
}

}  // namespace lamina::cli
