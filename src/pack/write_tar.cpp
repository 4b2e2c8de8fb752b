// SPDX-License-Identifier: Apache-2.0
#include <unordered_map>

#include <fmt/format.h>

#include <lamina/archive/tar_writer.hpp>
#include <lamina/pack/copy_out.hpp>
#include <lamina/util/error.hpp>

#include "content.hpp"

namespace lamina::pack {
namespace {

class Archiver {
public:
  Archiver(const Origin& origin, const std::string& name, util::Sink& sink)
      : origin_(origin), name_(name), writer_(sink) {}

  void run() {
    if (name_.empty()) {
      add(origin_.ino, "./");
      add_children(origin_.ino, "");
    } else {
      add_all(origin_.ino, name_);
    }
    writer_.finish();
  }

private:
  std::string shown(const std::string& path) const {
    return util::printable(origin_.what + (name_.empty() ? "/" + path : path.substr(name_.size())));
  }

  void add_all(tree::Ino ino, const std::string& path) {
    if (add(ino, path) == archive::EntryType::directory) add_children(ino, path + "/");
  }

  void add_children(tree::Ino ino, const std::string& prefix) {
    for (std::uint64_t i = 0; i < origin_.tree.entry_count(ino); ++i) {
      const auto entry = origin_.tree.entry(ino, i);
      add_all(entry.ino, prefix + std::string(entry.name));
    }
  }

  archive::EntryType add(tree::Ino ino, const std::string& path) {
    const auto inode = origin_.tree.inode(ino);
    const auto type = archive::find_entry_type(inode.mode);
    if (!type) throw util::Error(fmt::format("{}: an archive cannot hold a socket", shown(path)));
    archive::Entry entry{
        .path = path, .type = *type, .link_target = "", .size = 0, .metadata = metadata_of(origin_.tree, ino)};
    if (entry.type == archive::EntryType::symlink) entry.link_target = origin_.tree.symlink_target(ino);
    if (entry.type != archive::EntryType::directory && inode.nlink > 1) {
      const auto [first, is_first] = first_paths_.try_emplace(ino, path);
      if (!is_first) {
        entry.type = archive::EntryType::hardlink;
        entry.link_target = first->second;
      }
    }
    const auto object = entry.type == archive::EntryType::file ? origin_.tree.object(ino) : std::nullopt;
    if (object) {
      entry.size = inode.size;
      util::FdSource content(open_content(origin_, ino, *object, shown(path)), shown(path));
      writer_.add(entry, &content);
    } else {
      writer_.add(entry);
    }
    return *type;
  }

  const Origin& origin_;
  const std::string& name_;
  archive::TarWriter writer_;
  std::unordered_map<tree::Ino, std::string> first_paths_;
};

}  // namespace

void write_tar(const Origin& origin, const std::string& name, util::Sink& sink) { Archiver(origin, name, sink).run(); }

}  // namespace lamina::pack
