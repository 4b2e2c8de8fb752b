// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/pack/copy_out.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"
#include "image_facts.hpp"
#include "interrupt.hpp"

namespace lamina::cli {
namespace {

namespace fs = std::filesystem;
using util::Error;
using util::printable;

struct Options {
  std::string source;
  std::string destination;
  bool archive = false;
  bool follow = false;
};

/// IMAGE:/PATH, as docker reads it.
struct SourcePath {
  std::string image;
  std::string path;
  std::string what;              ///< "IMAGE:/PATH" without what may stand at its end
  std::string name;              ///< what a copy is called; "" for the root
  bool wants_directory = false;  ///< it ends in "/" or "/."
  bool wants_contents = false;   ///< it ends in "/."
};

SourcePath parse_source(const std::string& text) {
  if (text.find(":/") == std::string::npos) {
    throw CLI::ValidationError("cp", fmt::format("{} is not of the form IMAGE:/PATH", printable(text)));
  }
  SourcePath source;
  std::tie(source.image, source.path) = split_image_path(text);
  std::string_view rest = source.path;
  while (rest.ends_with('/') || rest.ends_with("/.")) {
    source.wants_directory = true;
    source.wants_contents |= rest.ends_with('.');
    rest.remove_suffix(rest.ends_with('.') ? 2 : 1);
  }
  source.what = fmt::format("{}:{}", source.image, rest);
  source.name = rest.substr(rest.rfind('/') + 1);
  return source;
}

/// Where a copy goes: `name` in `dir`, or the contents straight into `dir` when it is empty.
struct Place {
  util::RootDir dir;
  std::string name;
};

Place place_at(fs::path path) {
  if (!path.has_filename()) path = path.parent_path();  // "new/"
  const auto parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return {util::RootDir::open(parent), path.filename()};
}

/// docker's rule: into a directory that is there, else in place of a file, else under a new name.
Place find_place(const std::string& destination, const std::string& name, bool is_directory) {
  const auto shown = printable(destination);
  std::error_code failure;
  const auto there = fs::status(destination, failure).type();
  switch (there) {
    case fs::file_type::directory: return {util::RootDir::open(destination), name};
    case fs::file_type::none: throw Error::from_errno(fmt::format("looking at {}", shown), failure.value());
    case fs::file_type::regular:
      if (is_directory) throw Error(fmt::format("{} is a file: a directory cannot be copied over it", shown), ENOTDIR);
      return place_at(fs::canonical(destination));  // what a link leads to is replaced, not the link
    case fs::file_type::not_found: break;
    default: throw Error(fmt::format("{} is neither a file nor a directory: it is not replaced", shown), EEXIST);
  }
  if (fs::is_symlink(destination, failure)) {
    throw Error(fmt::format("{} is a symbolic link that leads nowhere", shown), ENOENT);
  }
  if (!is_directory && destination.ends_with('/')) {
    throw Error(fmt::format("the directory {} does not exist", shown), ENOENT);
  }
  return place_at(destination);
}

void copy(const Globals& globals, const Options& options) {
  const auto source = parse_source(options.source);
  const bool to_archive = options.destination == "-";
  if (to_archive && ::isatty(STDOUT_FILENO) == 1) {
    throw CLI::ValidationError("cp", "standard output is a terminal: an archive is to be sent to a file or a pipe");
  }
  const auto store = globals.open_store();
  const auto lock = store.lock(util::LockMode::shared);  // no object goes while it is read
  const auto tree = store.merged_tree(store.get_image(source.image));
  const auto follow = options.follow || source.wants_directory ? tree::FollowLast::yes : tree::FollowLast::no;
  const auto ino = tree::find_path(tree, source.path, follow);
  if (!ino) throw Error(fmt::format("{}: no such file in the image", printable(options.source)), ENOENT);
  const bool is_directory = S_ISDIR(tree.inode(*ino).mode);
  if (source.wants_directory && !is_directory) {
    throw Error(fmt::format("{}: not a directory", printable(options.source)), ENOTDIR);
  }
  const pack::Origin origin{store, tree, *ino, source.what};
  std::string name = source.name == ".." ? std::string(tree.name(*ino)) : source.name;
  if (source.wants_contents || *ino == tree::kRootIno) name.clear();
  if (to_archive) {
    const util::Fd out(::dup(STDOUT_FILENO));
    util::FdSink sink(out, "standard output");
    return pack::write_tar(origin, name, sink);
  }
  const auto place = find_place(options.destination, name, is_directory);
  const auto keep = options.archive ? pack::Keep::all : pack::Keep::basics;
  catch_interrupts();  // a file that is half copied has to be tidied up
  if (place.name.empty()) pack::copy_contents(origin, place.dir, keep, throw_if_interrupted);
  else pack::copy_to(origin, place.dir, place.name, keep, throw_if_interrupted);
}

}  // namespace

void add_cp(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("cp", "Copy files of an image to a directory, or as a tar archive");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGE:/PATH", options->source, "A file or directory; of DIRECTORY/. the contents")->required();
  command
      ->add_option("DEST", options->destination, "A directory, a new name, a file, or - for a tar on standard output")
      ->required();
  command->add_flag("-a,--archive", options->archive, "Keep owners and extended attributes as well");
  command->add_flag("-L,--follow-link", options->follow, "Copy what PATH leads to when it is a symbolic link");
  command->callback([&globals, options] { copy(globals, *options); });
}

}  // namespace lamina::cli
