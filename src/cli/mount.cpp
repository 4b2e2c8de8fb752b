// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <lamina/mount/mount.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"

namespace lamina::cli {
namespace {

struct Options {
  std::string image;
  std::string directory;
  std::vector<std::string> words;
  bool read_only = false;
  bool foreground = false;
};

mount::MountOptions parse(const Options& options) {
  try {
    auto parsed = mount::MountOptions::parse(options.words);
    if (options.read_only) parsed.read_only = true;
    require_read_only(parsed);
    return parsed;
  } catch (const util::Error& error) {
    throw CLI::ValidationError("mount", error.what());
  }
}

void mount_image(const Globals& globals, const Options& options) {
  const auto parsed = parse(options);
  const auto store = globals.open_store();
  const auto run = options.foreground ? mount::Run::foreground : mount::Run::background;
  mount::start(store, options.image, options.directory, parsed, run);
}

}  // namespace

void require_read_only(const mount::MountOptions& options) {
  if (!options.read_only) throw util::Error("this version mounts read-only only: add --ro or -o ro");
}

void add_mount(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("mount", "Show an image as a directory");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGE", options->image, "NAME[:TAG], NAME@DIGEST or image ID")->required();
  command->add_option("DIR", options->directory, "An existing directory, not inside the store")->required();
  command->add_flag("--ro", options->read_only, "Read-only");
  command
      ->add_option("-o", options->words,
                   "Mount options: ro, suid, dev (both off unless asked for), noexec, allow_other (on for root), "
                   "data=cache|passthrough")
      ->type_name("OPTION[,OPTION...]");
  command->add_flag("-f,--foreground", options->foreground, "Serve the mount in this process; log to standard error");
  command->callback([&globals, options] { mount_image(globals, *options); });
}

}  // namespace lamina::cli
