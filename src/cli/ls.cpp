// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <nlohmann/json.hpp>

#include <lamina/util/error.hpp>

#include "command.hpp"
#include "image_facts.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

struct Options {
  std::string path;
  bool details = false;
  bool json = false;
};

const char* type_name(std::uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "directory";
    case S_IFLNK: return "symlink";
    case S_IFCHR: return "character device";
    case S_IFBLK: return "block device";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    default: return "file";
  }
}

/// "drwxr-xr-x", with the s and t of ls(1).
std::string mode_text(std::uint32_t mode) {
  static constexpr std::string_view kTypes = "?pc?d?b?-?l?s???";
  std::string text(1, kTypes[(mode & S_IFMT) >> 12U]);
  for (unsigned bit = 9; bit-- > 0;) text += (mode >> bit & 1U) != 0 ? "xwr"[bit % 3] : '-';
  const auto special = [&](std::uint32_t flag, std::size_t at, char set, char set_without_x) {
    if ((mode & flag) != 0) text[at] = text[at] == 'x' ? set : set_without_x;
  };
  special(S_ISUID, 3, 's', 'S');
  special(S_ISGID, 6, 's', 'S');
  special(S_ISVTX, 9, 't', 'T');
  return text;
}

bool is_device(std::uint32_t mode) { return S_ISCHR(mode) || S_ISBLK(mode); }

nlohmann::json to_json(const tree::Tree& tree, std::string_view name, tree::Ino ino) {
  const auto inode = tree.inode(ino);
  nlohmann::json entry = {{"name", util::printable(name)},
                          {"type", type_name(inode.mode)},
                          {"mode", fmt::format("{:04o}", inode.mode & 07777U)},
                          {"uid", inode.uid},
                          {"gid", inode.gid},
                          {"size", inode.size},
                          {"nlink", inode.nlink},
                          {"inode", ino},
                          {"mtime", {{"seconds", inode.mtime.seconds}, {"nanoseconds", inode.mtime.nanoseconds}}}};
  if (S_ISLNK(inode.mode)) entry["target"] = util::printable(tree.symlink_target(ino));
  if (is_device(inode.mode)) entry["device"] = {{"major", inode.rdev.major}, {"minor", inode.rdev.minor}};
  if (S_ISREG(inode.mode)) {
    if (const auto object = tree.object(ino)) entry["digest"] = object->str();
  }
  auto xattrs = nlohmann::json::array();
  for (const auto& [key, value] : tree.xattrs(ino)) xattrs.push_back(util::printable(key));
  if (!xattrs.empty()) entry["xattrs"] = xattrs;
  return entry;
}

std::string line_of(const tree::Tree& tree, std::string_view name, tree::Ino ino) {
  const auto inode = tree.inode(ino);
  const auto size =
      is_device(inode.mode) ? fmt::format("{}, {}", inode.rdev.major, inode.rdev.minor) : fmt::format("{}", inode.size);
  auto line = fmt::format("{} {:>3} {:>5} {:>5} {:>10} {:%Y-%m-%d %H:%M} {}", mode_text(inode.mode), inode.nlink,
                          inode.uid, inode.gid, size, fmt::localtime(static_cast<std::time_t>(inode.mtime.seconds)),
                          util::printable(name));
  if (S_ISLNK(inode.mode)) line += fmt::format(" -> {}", util::printable(tree.symlink_target(ino)));
  return line;
}

struct Row {
  std::string name;
  tree::Ino ino = 0;
};

void list(const Globals& globals, const Options& options) {
  const auto store = globals.open_store();
  const auto lock = store.lock(util::LockMode::shared);
  const auto [name, path] = split_image_path(options.path);
  const auto tree = store.merged_tree(store.get_image(name));
  const auto ino = tree::find_path(tree, path, tree::FollowLast::yes);
  if (!ino) throw util::Error(fmt::format("{}: no such file in the image", util::printable(options.path)), ENOENT);

  std::vector<Row> rows;
  if (S_ISDIR(tree.inode(*ino).mode)) {
    for (std::uint64_t i = 0; i < tree.entry_count(*ino); ++i) {
      const auto entry = tree.entry(*ino, i);
      rows.push_back({std::string(entry.name), entry.ino});
    }
  } else {
    rows.push_back({path, *ino});
  }
  if (options.json) {
    auto entries = nlohmann::json::array();
    for (const auto& row : rows) entries.push_back(to_json(tree, row.name, row.ino));
    print_json(entries);
    return;
  }
  for (const auto& row : rows) {
    print((options.details ? line_of(tree, row.name, row.ino) : util::printable(row.name)) + "\n");
  }
}

}  // namespace

void add_ls(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("ls", "List a directory of an image without mounting it");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGE[:/PATH]", options->path, "A directory or file (default: the root)")->required();
  command->add_flag("-l", options->details, "Mode, links, owner, group, size and time as well");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&globals, options] { list(globals, *options); });
}

}  // namespace lamina::cli
