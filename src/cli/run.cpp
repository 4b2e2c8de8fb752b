// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "command.hpp"
#include "interrupt.hpp"

namespace lamina::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells say it

void complain(std::string_view message) { fmt::print(stderr, "lamina: {}\n", message); }

/// CLI11's own messages and help; its exit codes are not ours.
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  complain(error.what());
  fmt::print(stderr, "Try 'lamina --help' or 'lamina COMMAND --help'.\n");
  return kWrongUsage;
}

void add_commands(CLI::App& app, const Globals& globals) {
  for (const auto add : {add_import, add_images, add_history, add_inspect, add_tag, add_rmi, add_prune, add_mount,
                         add_umount, add_mounts, add_ls, add_cat, add_cp, add_check}) {
    add(app, globals);
  }
  for (auto* command : app.get_subcommands({})) command->group("Commands");
  // Only now, so that the commands do not take it over: an unknown word here is an unknown command.
  app.allow_extras();
  const auto& words = app.get_formatter();
  words->column_width(34);
  words->label("SUBCOMMAND", "COMMAND");
  for (const char* noise : {"REQUIRED", "TEXT"}) words->label(noise, "");
}

void require_command(const CLI::App& app) {
  if (!app.get_subcommands().empty()) return;
  const auto words = app.remaining();
  throw CLI::ValidationError(words.empty() ? "a command is missing"
                                           : fmt::format("unknown command '{}'", words.front()));
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App app("Container images as directories: import them once, mount them read-only in milliseconds.", "lamina");
  Globals globals;
  app.add_option("--store", globals.store_path,
                 "The store (default: $LAMINA_STORE, /var/lib/lamina for root, else $XDG_DATA_HOME/lamina)")
      ->type_name("DIR");
  app.set_version_flag("--version", std::string("lamina ") + LAMINA_VERSION);
  add_commands(app, globals);
  try {
    app.parse(argc, argv);
    require_command(app);
    if (std::fflush(stdout) != 0) throw util::Error::from_errno("writing to standard output");
    return 0;
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  } catch (const Interrupted&) {
    complain("interrupted; the store is as it was");
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return kFailed;
}

}  // namespace lamina::cli
