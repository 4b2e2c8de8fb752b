// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>

#include <fmt/format.h>
#include <sys/stat.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/source.hpp>

#include "command.hpp"
#include "image_facts.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

void print_file(const store::Store& store, const std::string& what) {
  const auto [name, path] = split_image_path(what);
  const auto tree = store.merged_tree(store.get_image(name));
  const auto ino = tree::find_path(tree, path, tree::FollowLast::yes);
  if (!ino) throw util::Error(fmt::format("{}: no such file in the image", util::printable(what)), ENOENT);
  if (!S_ISREG(tree.inode(*ino).mode)) throw util::Error(fmt::format("{}: not a file", util::printable(what)), EISDIR);
  const auto object = tree.object(*ino);
  if (!object) return;
  digest::VerifyingSource content(std::make_unique<util::FdSource>(store.open_object(*object), util::printable(what)),
                                  *object, tree.inode(*ino).size,
                                  fmt::format("{} (object {})", util::printable(what), object->hex()));
  std::array<std::byte, std::size_t{64} << 10U> buffer{};
  while (const std::size_t got = content.read(buffer)) print(util::as_text(util::Bytes(buffer).first(got)));
}

}  // namespace

void add_cat(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("cat", "Print files of an image");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("IMAGE:/PATH", *paths, "A file; symbolic links are followed within the image")->required();
  command->callback([&globals, paths] {
    const auto store = globals.open_store();
    const auto lock = store.lock(util::LockMode::shared);
    for (const auto& path : *paths) print_file(store, path);
  });
}

}  // namespace lamina::cli
