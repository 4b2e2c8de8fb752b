// SPDX-License-Identifier: Apache-2.0
#include <ctime>
#include <memory>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

#include <lamina/mount/record.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

const char* word(mount::MountState state) { return state == mount::MountState::live ? "live" : "dead"; }

void show_json(const std::vector<mount::Mount>& mounts) {
  auto list = nlohmann::json::array();
  for (const auto& [record, state] : mounts) {
    list.push_back({{"id", record.id},
                    {"image", record.image},
                    {"image_id", record.image_id},
                    {"mountpoint", record.mountpoint},
                    {"options", record.options},
                    {"pid", record.pid},
                    {"started", record.started},
                    {"state", word(state)}});
  }
  print_json(list);
}

void show_table(const std::vector<mount::Mount>& mounts) {
  Table table({"MOUNT ID", "IMAGE", "MOUNTPOINT", "PID", "STATE", "STARTED"});
  for (const auto& [record, state] : mounts) {
    table.add({record.id, util::printable(record.image), util::printable(record.mountpoint), fmt::to_string(record.pid),
               word(state),
               fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(record.started)))});
  }
  table.print();
}

}  // namespace

void add_mounts(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("mounts", "List mounts");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As JSON");
  command->callback([&globals, json] {
    const auto mounts = mount::list(globals.open_store());
    if (*json) show_json(mounts);
    else show_table(mounts);
  });
}

}  // namespace lamina::cli
