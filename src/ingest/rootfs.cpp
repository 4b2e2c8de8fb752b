// SPDX-License-Identifier: Apache-2.0
#include "rootfs.hpp"

#include <chrono>
#include <cstdlib>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <lamina/archive/tar_writer.hpp>
#include <lamina/digest/hasher.hpp>
#include <lamina/image/config.hpp>
#include <lamina/util/error.hpp>

namespace lamina::ingest {
namespace {

using util::Error;

util::Metadata metadata_of(const util::RootDir& dir, const std::string& name, const struct stat& status) {
  util::Metadata metadata{.mode = status.st_mode,
                          .uid = status.st_uid,
                          .gid = status.st_gid,
                          .mtime = {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)},
                          .rdev = {},
                          .xattrs = dir.xattrs(name)};
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    metadata.rdev = {gnu_dev_major(status.st_rdev), gnu_dev_minor(status.st_rdev)};
  }
  std::erase_if(metadata.xattrs, [](const auto& xattr) {
    return xattr.first == "security.selinux" || xattr.first.starts_with("trusted.overlay.");
  });
  return metadata;
}

/// Walks a directory in byte order of the names, so that the same content gives the same archive.
class DirectoryArchiver {
public:
  explicit DirectoryArchiver(util::Sink& sink) : writer_(sink) {}

  void run(const util::RootDir& root) {
    add(root, ".", "./");
    add_children(root, "");
    writer_.finish();
  }

private:
  void add_children(const util::RootDir& dir, const std::string& prefix) {
    for (const auto& name : dir.list()) {
      if (add(dir, name, prefix + name)) add_children(dir.open_dir(name), prefix + name + "/");
    }
  }

  /// True when it is a directory.
  bool add(const util::RootDir& dir, const std::string& name, const std::string& path) {
    const auto status = dir.find_stat(name);
    const auto type = status ? archive::find_entry_type(status->st_mode) : std::nullopt;
    if (!type) return false;
    archive::Entry entry;
    entry.path = path;
    entry.type = *type;
    entry.metadata = metadata_of(dir, name, *status);
    if (entry.type == archive::EntryType::symlink) entry.link_target = dir.read_link(name);
    if (entry.type != archive::EntryType::directory && status->st_nlink > 1) {
      const auto [first, is_first] = first_paths_.try_emplace({status->st_dev, status->st_ino}, path);
      if (!is_first) {
        entry.type = archive::EntryType::hardlink;
        entry.link_target = first->second;
      }
    }
    if (entry.type == archive::EntryType::file) {
      entry.size = static_cast<std::uint64_t>(status->st_size);
      util::FdSource content(dir.open_file(name), dir.full(name));
      writer_.add(entry, &content);
    } else {
      writer_.add(entry);
    }
    return entry.type == archive::EntryType::directory;
  }

  archive::TarWriter writer_;
  std::map<std::pair<dev_t, ino_t>, std::string> first_paths_;
};

/// Now, or SOURCE_DATE_EPOCH (reproducible-builds.org), as RFC 3339.
std::string creation_time() {
  auto seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr) seconds = std::atol(epoch);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

}  // namespace

std::shared_ptr<const util::Fd> archive_directory(const std::string& path, const util::RootDir& staging) {
  auto file = std::make_shared<util::Fd>(staging.create_unnamed());
  util::FdSink sink(*file, fmt::format("an archive of {} into {}", util::printable(path), staging.path()));
  DirectoryArchiver(sink).run(util::RootDir::open(path));
  return file;
}

SourceImage read_rootfs(const std::shared_ptr<const util::Fd>& archive, const std::string& path,
                        const image::Platform& platform) {
  SourceImage image;
  image.what = fmt::format("rootfs:{}", util::printable(path));
  const auto size = util::file_size(*archive, image.what);
  if (size == 0) throw Error(fmt::format("{} is empty, and no tar archive", image.what), EINVAL);
  FileRef file{
      size, [archive, size, what = image.what] { return std::make_unique<util::FileSource>(archive, 0, size, what); }};
  digest::HashingSource content(file.open());
  util::drain(content);

  image::Config config;
  config.platform = platform;
  config.created = creation_time();
  config.diff_ids = {content.finish()};
  config.cmd = {"/bin/sh"};
  config.history = {{.created = config.created,
                     .created_by = fmt::format("lamina import {}", image.what),
                     .author = "",
                     .comment = "",
                     .empty_layer = false}};
  image.config = config.dump();
  image.layers.push_back({image.what, std::nullopt, std::string(image::kOciLayerTar), std::move(file)});
  return image;
}

}  // namespace lamina::ingest
