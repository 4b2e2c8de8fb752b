// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <lamina/store/check.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void print_report(const store::CheckReport& report, bool json) {
  if (json) {
    print_json({{"images", report.images},
                {"layers", report.layers},
                {"trees", report.trees},
                {"objects", report.objects},
                {"object_bytes", report.object_bytes},
                {"problems", report.problems}});
    return;
  }
  for (const auto& problem : report.problems) print(problem + "\n");
  print(fmt::format("{}, {}, {}, {} ({}): {}\n", counted(report.images, "image"), counted(report.layers, "layer"),
                    counted(report.trees, "merged tree"), counted(report.objects, "object"),
                    human_size(report.object_bytes), report.problems.empty() ? "all is well" : "not all is well"));
}

}  // namespace

void add_check(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("check", "Read the whole store and say what is wrong with it");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As JSON");
  command->callback([&globals, json] {
    const auto store = globals.open_store();
    const auto lock = store.lock(util::LockMode::shared);
    const auto report = store::check(store);
    print_report(report, *json);
    if (!report.problems.empty()) {
      throw util::Error(fmt::format("the store {} has {}", store.path(), counted(report.problems.size(), "problem")));
    }
  });
}

}  // namespace lamina::cli
