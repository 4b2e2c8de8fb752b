// SPDX-License-Identifier: Apache-2.0
// One function per command, each in a file of its own: it adds a subcommand whose callback does the work. A failure is
// a util::Error, wrong usage a CLI::ValidationError; run() turns both into a sentence and an exit code.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <lamina/mount/options.hpp>
#include <lamina/store/store.hpp>
#include <lamina/util/error.hpp>

namespace lamina::cli {

/// Options that stand before the command.
struct Globals {
  std::string store_path;  ///< "" for the default

  /// Where the store is; the default is asked for only when it is needed.
  std::string path() const { return store_path.empty() ? store::Store::default_path() : store_path; }
  store::Store open_store() const { return store::Store::open(path()); }
};

/// What `parse` makes of an argument; a malformed one is wrong usage.
template <typename Parse>
auto parse_argument(Parse&& parse, const std::string& text) {
  try {
    return parse(text);
  } catch (const util::Error& error) {
    throw CLI::ValidationError(error.what());
  }
}

void add_cat(CLI::App& app, const Globals& globals);
void add_check(CLI::App& app, const Globals& globals);
void add_cp(CLI::App& app, const Globals& globals);
void add_history(CLI::App& app, const Globals& globals);
void add_images(CLI::App& app, const Globals& globals);
void add_import(CLI::App& app, const Globals& globals);
void add_inspect(CLI::App& app, const Globals& globals);
void add_ls(CLI::App& app, const Globals& globals);
void add_mount(CLI::App& app, const Globals& globals);
void add_mounts(CLI::App& app, const Globals& globals);
void add_prune(CLI::App& app, const Globals& globals);
void add_rmi(CLI::App& app, const Globals& globals);
void add_tag(CLI::App& app, const Globals& globals);
void add_umount(CLI::App& app, const Globals& globals);

/// Throws Error for options that ask for a writable mount.
void require_read_only(const mount::MountOptions& options);

/// The whole program as mount(8) calls it, by the name mount.lamina; returns its exit code.
int run_mount_helper(int argc, char* const* argv);

/// The whole program; returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
int run(int argc, const char* const* argv);

}  // namespace lamina::cli
