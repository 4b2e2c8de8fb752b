// SPDX-License-Identifier: Apache-2.0
// RootDir: one directory's descriptor and every *at call beneath it. Paths are relative and cannot leave the
// directory: they are resolved with openat2(2) RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS. This is the one door
// through which lamina reaches the file system; every failure is an Error that names the full path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include <lamina/util/fd.hpp>
#include <lamina/util/metadata.hpp>

namespace lamina::util {

enum class Replace { no, yes };
enum class Owner { callers, given };

class RootDir {
public:
  /// Opens an existing directory. `path` may be absolute; it is kept for messages.
  static RootDir open(const std::string& path);

  const Fd& fd() const noexcept { return fd_; }
  const std::string& path() const noexcept { return path_; }
  /// "/root/dir/name", for messages.
  std::string full(std::string_view name) const;

  RootDir open_dir(const std::string& path) const;
  std::optional<RootDir> find_dir(const std::string& path) const;
  /// O_RDONLY; throws Error (ENOENT included).
  Fd open_file(const std::string& path) const;
  std::optional<Fd> find_file(const std::string& path) const;
  /// O_CREAT | O_EXCL | O_RDWR.
  Fd create_file(const std::string& path, mode_t mode = 0600) const;
  /// O_RDWR of what is there already or made now; for lock files.
  Fd open_or_create(const std::string& path, mode_t mode = 0600) const;

  /// A nameless file (O_TMPFILE) that is gone when closed.
  Fd create_unnamed() const;

  /// False when the directory was there already.
  bool make_dir(const std::string& path, mode_t mode = 0700) const;
  /// make_dir() and open_dir().
  RootDir make_and_open(const std::string& path) const;
  /// Makes missing parents of `path` too.
  void make_dirs(const std::string& path, mode_t mode = 0700) const;
  std::string read_link(const std::string& path) const;
  void make_symlink(const std::string& target, const std::string& path) const;
  /// A device, fifo or socket, by the type bits of `mode`; nobody may use it before apply_metadata().
  void make_node(const std::string& path, mode_t mode, Device device) const;
  /// Another name in `to_dir` for what is at `path`.
  void link(const std::string& path, const RootDir& to_dir, const std::string& to) const;
  /// Owner (where asked for), mode, extended attributes and time, in the order in which none undoes another. Of the
  /// entry itself: no link is followed.
  void apply_metadata(const std::string& path, const Metadata& metadata, Owner owner) const;
  /// All extended attributes of the file itself (no link is followed); none where the file system has none.
  Xattrs xattrs(const std::string& path) const;
  std::optional<struct stat> find_stat(const std::string& path) const;
  bool exists(const std::string& path) const { return find_stat(path).has_value(); }
  /// Names in a directory, sorted, without "." and "..". Absent directory: empty.
  std::vector<std::string> list(const std::string& path = ".") const;

  /// Renames within one file system. With Replace::no: false when the target is there already.
  bool rename(const std::string& from, const RootDir& to_dir, const std::string& to, Replace replace) const;
  /// False when there was nothing to remove.
  bool remove_file(const std::string& path) const;
  bool remove_dir(const std::string& path) const;
  /// Removes a file or a whole directory tree; symlinks are removed, never followed.
  void remove_all(const std::string& path) const;

  /// fsync of the directory itself.
  void sync() const;
  /// syncfs: everything written to this file system so far is on disk.
  void sync_filesystem() const;

  /// The whole small file; nullopt when absent. Throws Error over `limit` bytes.
  std::optional<std::string> find_text(const std::string& path, std::uint64_t limit = 64U << 20U) const;

private:
  RootDir(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd open_at(const std::string& path, int flags, mode_t mode) const;

  Fd fd_;
  std::string path_;
};

}  // namespace lamina::util
