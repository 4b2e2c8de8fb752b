// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/root_dir.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

namespace lamina::util {
namespace {

/// openat2(2); the path stays beneath `dir` and meets no symbolic link.
int open_beneath(int dir, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  for (;;) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, dir, path, &how, sizeof how));
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return fd;  // EAGAIN: raced with a rename, try again
  }
}

template <typename Call>
bool unless_absent(Call&& call, const std::string& doing) {
  if (call() == 0) return true;
  if (is_absent(errno)) return false;
  throw Error::from_errno(doing);
}

}  // namespace

RootDir RootDir::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno(fmt::format("opening the directory {}", printable(path)));
  return {std::move(fd), path};
}

std::string RootDir::full(std::string_view name) const {
  return name == "." ? path_ : fmt::format("{}/{}", path_, printable(name));
}

Fd RootDir::open_at(const std::string& path, int flags, mode_t mode) const {
  Fd fd(open_beneath(fd_.get(), path.c_str(), flags, mode));
  if (!fd) throw Error::from_errno(fmt::format("opening {}", full(path)));
  return fd;
}

RootDir RootDir::open_dir(const std::string& path) const {
  return {open_at(path, O_RDONLY | O_DIRECTORY, 0), full(path)};
}

std::optional<RootDir> RootDir::find_dir(const std::string& path) const {
  Fd fd(open_beneath(fd_.get(), path.c_str(), O_RDONLY | O_DIRECTORY, 0));
  if (fd) return RootDir(std::move(fd), full(path));
  if (is_absent(errno)) return std::nullopt;
  throw Error::from_errno(fmt::format("opening {}", full(path)));
}

Fd RootDir::open_file(const std::string& path) const { return open_at(path, O_RDONLY, 0); }

std::optional<Fd> RootDir::find_file(const std::string& path) const {
  Fd fd(open_beneath(fd_.get(), path.c_str(), O_RDONLY, 0));
  if (fd) return fd;
  if (is_absent(errno)) return std::nullopt;
  throw Error::from_errno(fmt::format("opening {}", full(path)));
}

Fd RootDir::create_file(const std::string& path, mode_t mode) const {
  return open_at(path, O_RDWR | O_CREAT | O_EXCL, mode);
}

Fd RootDir::open_or_create(const std::string& path, mode_t mode) const { return open_at(path, O_RDWR | O_CREAT, mode); }

Fd RootDir::create_unnamed() const { return open_at(".", O_RDWR | O_TMPFILE, 0600); }

std::string RootDir::read_link(const std::string& path) const {
  std::string target(PATH_MAX, '\0');
  const auto length = ::readlinkat(fd_.get(), path.c_str(), target.data(), target.size());
  if (length < 0) throw Error::from_errno(fmt::format("reading the link {}", full(path)));
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Xattrs RootDir::xattrs(const std::string& path) const {
  // The l*xattr calls take paths only: this one leads through our descriptor, not through the name space.
  const std::string proc = fmt::format("/proc/self/fd/{}/{}", fd_.get(), path);
  const auto grow = [&](auto&& call) {
    std::string value(256, '\0');
    for (;;) {
      const auto length = call(value.data(), value.size());
      if (length >= 0) {
        value.resize(static_cast<std::size_t>(length));
        return value;
      }
      if (errno == EOPNOTSUPP) return std::string();
      if (errno != ERANGE) throw Error::from_errno(fmt::format("reading extended attributes of {}", full(path)));
      value.resize(value.size() * 4);
    }
  };
  const std::string names = grow([&](char* into, std::size_t size) { return ::llistxattr(proc.c_str(), into, size); });
  Xattrs found;
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const char* name = &names[at];
    found[name] = grow([&](char* into, std::size_t size) { return ::lgetxattr(proc.c_str(), name, into, size); });
  }
  return found;
}

void RootDir::make_symlink(const std::string& target, const std::string& path) const {
  if (::symlinkat(target.c_str(), fd_.get(), path.c_str()) == 0) return;
  throw Error::from_errno(fmt::format("making the symbolic link {}", full(path)));
}

void RootDir::make_node(const std::string& path, mode_t mode, Device device) const {
  if (::mknodat(fd_.get(), path.c_str(), mode & S_IFMT, gnu_dev_makedev(device.major, device.minor)) == 0) return;
  throw Error::from_errno(fmt::format("making the special file {}", full(path)));
}

void RootDir::link(const std::string& path, const RootDir& to_dir, const std::string& to) const {
  if (::linkat(fd_.get(), path.c_str(), to_dir.fd_.get(), to.c_str(), 0) == 0) return;
  throw Error::from_errno(fmt::format("linking {} to {}", to_dir.full(to), full(path)));
}

void RootDir::apply_metadata(const std::string& path, const Metadata& metadata, Owner owner) const {
  const Fd entry = open_at(path, O_PATH | O_NOFOLLOW, 0);
  // There is no fchmod(2) and no fsetxattr(2) on an O_PATH descriptor, but its name in /proc leads to the same inode.
  const std::string proc = fmt::format("/proc/self/fd/{}", entry.get());
  const auto require = [&](int result, std::string_view what) {
    if (result != 0) throw Error::from_errno(fmt::format("setting {} of {}", what, full(path)));
  };
  // The owner first: to change it clears the set-ID bits and security.capability.
  if (owner == Owner::given)
    require(::fchownat(entry.get(), "", metadata.uid, metadata.gid, AT_EMPTY_PATH), "the owner");
  if (!S_ISLNK(metadata.mode)) require(::chmod(proc.c_str(), metadata.mode & 07777U), "the mode");
  // An access control list is an attribute that changes the mode, too.
  for (const auto& [name, value] : metadata.xattrs)
    require(::setxattr(proc.c_str(), name.c_str(), value.data(), value.size(), 0), fmt::format("{}", printable(name)));
  const timespec times[] = {
      {0, UTIME_OMIT}, {static_cast<time_t>(metadata.mtime.seconds), static_cast<long>(metadata.mtime.nanoseconds)}};
  require(::utimensat(AT_FDCWD, proc.c_str(), std::data(times), 0), "the time");
}

bool RootDir::make_dir(const std::string& path, mode_t mode) const {
  if (::mkdirat(fd_.get(), path.c_str(), mode) == 0) return true;
  if (errno == EEXIST) return false;
  throw Error::from_errno(fmt::format("making the directory {}", full(path)));
}

RootDir RootDir::make_and_open(const std::string& path) const {
  make_dir(path);
  return open_dir(path);
}

void RootDir::make_dirs(const std::string& path, mode_t mode) const {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (slash != 0) make_dir(path.substr(0, slash), mode);
  }
  make_dir(path, mode);
}

std::optional<struct stat> RootDir::find_stat(const std::string& path) const {
  struct stat status {};
  const bool there = unless_absent([&] { return ::fstatat(fd_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW); },
                                   fmt::format("looking at {}", full(path)));
  return there ? std::optional(status) : std::nullopt;
}

std::vector<std::string> RootDir::list(const std::string& path) const {
  Fd fd(open_beneath(fd_.get(), path.c_str(), O_RDONLY | O_DIRECTORY, 0));
  if (!fd) {
    if (is_absent(errno)) return {};
    throw Error::from_errno(fmt::format("opening {}", full(path)));
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), &::closedir);
  if (!stream) throw Error::from_errno(fmt::format("listing {}", full(path)));
  static_cast<void>(fd.release());  // the stream owns it now
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(stream.get()); errno = 0) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) throw Error::from_errno(fmt::format("listing {}", full(path)));
  std::ranges::sort(names);
  return names;
}

bool RootDir::rename(const std::string& from, const RootDir& to_dir, const std::string& to, Replace replace) const {
  const unsigned flags = replace == Replace::no ? RENAME_NOREPLACE : 0;
  if (::renameat2(fd_.get(), from.c_str(), to_dir.fd_.get(), to.c_str(), flags) == 0) return true;
  if (replace == Replace::no && (errno == EEXIST || errno == ENOTEMPTY)) return false;
  throw Error::from_errno(fmt::format("renaming {} to {}", full(from), to_dir.full(to)));
}

bool RootDir::remove_file(const std::string& path) const {
  return unless_absent([&] { return ::unlinkat(fd_.get(), path.c_str(), 0); }, fmt::format("removing {}", full(path)));
}

bool RootDir::remove_dir(const std::string& path) const {
  return unless_absent([&] { return ::unlinkat(fd_.get(), path.c_str(), AT_REMOVEDIR); },
                       fmt::format("removing {}", full(path)));
}

void RootDir::remove_all(const std::string& path) const {
  const auto status = find_stat(path);
  if (!status) return;
  if (!S_ISDIR(status->st_mode)) {
    remove_file(path);
    return;
  }
  if (const auto dir = find_dir(path)) {
    for (const auto& name : dir->list()) dir->remove_all(name);
  }
  remove_dir(path);
}

void RootDir::sync() const {
  if (::fsync(fd_.get()) != 0) throw Error::from_errno(fmt::format("syncing {}", path_));
}

void RootDir::sync_filesystem() const {
  if (::syncfs(fd_.get()) != 0) throw Error::from_errno(fmt::format("syncing the file system of {}", path_));
}

std::optional<std::string> RootDir::find_text(const std::string& path, std::uint64_t limit) const {
  auto fd = find_file(path);
  if (!fd) return std::nullopt;
  const std::uint64_t size = file_size(*fd, full(path));
  if (size > limit) throw Error(fmt::format("{} is over {} bytes long", full(path), limit), EFBIG);
  std::string text(size, '\0');
  text.resize(read_at(*fd, std::as_writable_bytes(std::span(text)), 0, full(path)));
  return text;
}

}  // namespace lamina::util
