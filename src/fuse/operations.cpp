// SPDX-License-Identifier: Apache-2.0
// The callbacks: each unpacks a request, asks the overlay and replies.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "server.hpp"

namespace lamina::fuse {
namespace {

using overlay::Attr;

// A merged tree never changes, so the kernel may keep what it was told, absent names included.
constexpr double kForever = std::numeric_limits<double>::max();
constexpr std::uint64_t kBlock = 4096;

struct stat to_stat(const Attr& attr) {
  struct stat status {};
  status.st_ino = attr.ino;
  status.st_mode = attr.inode.mode;
  status.st_nlink = attr.inode.nlink;
  status.st_uid = attr.inode.uid;
  status.st_gid = attr.inode.gid;
  status.st_rdev = makedev(attr.inode.rdev.major, attr.inode.rdev.minor);
  status.st_size = static_cast<off_t>(attr.inode.size);
  status.st_blksize = kBlock;
  status.st_blocks = static_cast<blkcnt_t>((attr.inode.size + 511) / 512);
  status.st_mtim = {attr.inode.mtime.seconds, static_cast<long>(attr.inode.mtime.nanoseconds)};
  status.st_atim = status.st_mtim;
  status.st_ctim = status.st_mtim;
  return status;
}

fuse_entry_param to_entry(const Attr& attr) {
  fuse_entry_param entry{};
  entry.ino = attr.ino;
  entry.attr = to_stat(attr);
  entry.attr_timeout = kForever;
  entry.entry_timeout = kForever;
  return entry;
}

/// Room for the largest reply, one for each thread, touched only as far as it was ever used.
std::span<char> reply_buffer(std::size_t size) {
  thread_local std::unique_ptr<char[]> buffer;
  thread_local std::size_t room = 0;
  if (size > room) {
    buffer = std::make_unique_for_overwrite<char[]>(size);
    room = size;
  }
  return {buffer.get(), size};
}

void on_init(void* userdata, fuse_conn_info* connection) {
  // Node ids are stable and "." and ".." can be looked up, which is what EXPORT_SUPPORT promises; data and attributes
  // never change by themselves, so AUTO_INVAL_DATA would only ask in vain.
  constexpr std::uint32_t kWanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO | FUSE_CAP_PARALLEL_DIROPS |
                                    FUSE_CAP_READDIRPLUS | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_POSIX_ACL |
                                    FUSE_CAP_EXPORT_SUPPORT | FUSE_CAP_EXPLICIT_INVAL_DATA;
  choose_capabilities(*connection, kWanted);
  auto& server = *static_cast<Server*>(userdata);
  if (server.passthrough) request_passthrough(*connection, server.channel);
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  answer(request, [&](const Server& server) {
    fuse_entry_param entry{};
    entry.entry_timeout = kForever;
    if (const auto attr = server.overlay.lookup(parent, name)) entry = to_entry(*attr);
    fuse_reply_entry(request, &entry);
  });
}

void on_getattr(fuse_req_t request, fuse_ino_t ino, fuse_file_info*) {
  answer(request, [&](const Server& server) {
    const auto status = to_stat(server.overlay.getattr(ino));
    fuse_reply_attr(request, &status, kForever);
  });
}

void on_readlink(fuse_req_t request, fuse_ino_t ino) {
  answer(request, [&](const Server& server) {
    const auto target = server.overlay.readlink(ino);
    fuse_reply_buf(request, target.data(), target.size());
  });
}

void on_opendir(fuse_req_t request, fuse_ino_t, fuse_file_info*) {
  fuse_reply_err(request, ENOSYS);  // never ask again, and keep directory contents
}

/// `add(room, name, attr, next)` appends one entry and returns its size, which may be too large for the room.
template <typename Add>
void list(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset, Add&& add) {
  answer(request, [&](const Server& server) {
    const auto buffer = reply_buffer(size);
    std::size_t used = 0;
    std::array<char, 256> name_z{};
    server.overlay.readdir(ino, static_cast<std::uint64_t>(offset),
                           [&](std::string_view name, const Attr& attr, std::uint64_t next) {
                             const auto length = name.copy(name_z.data(), name_z.size() - 1);
                             name_z[length] = '\0';
                             const auto need = add(buffer.subspan(used), name_z.data(), attr, static_cast<off_t>(next));
                             if (need > buffer.size() - used) return false;
                             used += need;
                             return true;
                           });
    fuse_reply_buf(request, buffer.data(), used);
  });
}

void on_readdir(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info*) {
  list(request, ino, size, offset, [&](std::span<char> room, const char* name, const Attr& attr, off_t next) {
    const auto status = to_stat(attr);
    return fuse_add_direntry(request, room.data(), room.size(), name, &status, next);
  });
}

void on_readdirplus(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info*) {
  list(request, ino, size, offset, [&](std::span<char> room, const char* name, const Attr& attr, off_t next) {
    auto entry = to_entry(attr);
    if (next <= 2) entry.ino = 0;  // "." and ".." are not looked up by being listed
    return fuse_add_direntry_plus(request, room.data(), room.size(), name, &entry, next);
  });
}

void on_open(fuse_req_t request, fuse_ino_t ino, fuse_file_info* file) {
  answer(request, [&](Server& server) {
    if (!server.passthrough) throw util::Error("reads go by node id", ENOSYS);  // never ask again
    server.channel.pass_baton();
    file->keep_cache = 1;
    file->noflush = 1;
    const auto backing_id = server.passthrough->open(ino);
    if (backing_id > 0) grant_passthrough(*file, backing_id);
    const auto ahead = server.overlay.note_start(ino);
    if (fuse_reply_open(request, file) == -ENOENT) server.passthrough->release(ino);  // the caller was killed
    if (ahead) server.overlay.prefetch(*ahead);
  });
}

void on_release(fuse_req_t request, fuse_ino_t ino, fuse_file_info*) {
  answer(request, [&](Server& server) {
    if (server.passthrough) server.passthrough->release(ino);
    fuse_reply_err(request, 0);
  });
}

void on_read(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info*) {
  answer(request, [&](Server& server) {
    const auto buffer = reply_buffer(size);
    const auto bytes = std::as_writable_bytes(buffer);
    const auto from = static_cast<std::uint64_t>(offset);
    auto count = server.overlay.try_read(ino, bytes, from);
    if (!count) {
      server.channel.pass_baton();
      count = server.overlay.read(ino, bytes, from);
    }
    const auto ahead = offset == 0 ? server.overlay.note_start(ino) : std::nullopt;
    if (ahead) server.channel.pass_baton();
    fuse_reply_buf(request, buffer.data(), *count);
    if (ahead) server.overlay.prefetch(*ahead);
  });
}

void on_lseek(fuse_req_t request, fuse_ino_t ino, off_t offset, int whence, fuse_file_info*) {
  answer(request, [&](const Server& server) {
    const auto found = server.overlay.lseek(ino, static_cast<std::uint64_t>(offset), whence);
    fuse_reply_lseek(request, static_cast<off_t>(found));
  });
}

void on_statfs(fuse_req_t request, fuse_ino_t) {
  answer(request, [&](const Server& server) {
    const auto totals = server.overlay.statfs();
    struct statvfs status {};
    status.f_bsize = kBlock;
    status.f_frsize = kBlock;
    status.f_blocks = (totals.bytes + kBlock - 1) / kBlock;
    status.f_files = totals.files;
    status.f_namemax = 255;
    fuse_reply_statfs(request, &status);
  });
}

/// The two-step protocol of getxattr(2) and listxattr(2): size 0 asks for the size.
void reply_xattr(fuse_req_t request, std::string_view value, std::size_t size) {
  if (size == 0) fuse_reply_xattr(request, value.size());
  else if (value.size() > size) fuse_reply_err(request, ERANGE);
  else fuse_reply_buf(request, value.data(), value.size());
}

void on_getxattr(fuse_req_t request, fuse_ino_t ino, const char* name, std::size_t size) {
  answer(request, [&](const Server& server) {
    if (!server.overlay.has_xattrs()) throw util::Error("the image has no xattr", ENOSYS);  // never ask again
    const auto value = server.overlay.getxattr(ino, name);
    if (!value) throw util::Error("no such xattr", ENODATA);
    reply_xattr(request, *value, size);
  });
}

void on_listxattr(fuse_req_t request, fuse_ino_t ino, std::size_t size) {
  answer(request, [&](const Server& server) {
    if (!server.overlay.has_xattrs()) throw util::Error("the image has no xattr", ENOSYS);
    reply_xattr(request, server.overlay.listxattr(ino), size);
  });
}

fuse_lowlevel_ops make_operations() {
  // No access, flush or forget: the kernel checks permissions (default_permissions), nothing is written, and
  // nodes that only the tree knows have nothing to forget.
  fuse_lowlevel_ops table{};
  table.init = on_init;
  table.lookup = on_lookup;
  table.getattr = on_getattr;
  table.readlink = on_readlink;
  table.open = on_open;
  table.read = on_read;
  table.release = on_release;
  table.opendir = on_opendir;
  table.readdir = on_readdir;
  table.readdirplus = on_readdirplus;
  table.statfs = on_statfs;
  table.getxattr = on_getxattr;
  table.listxattr = on_listxattr;
  table.lseek = on_lseek;
  return table;
}

}  // namespace

const fuse_lowlevel_ops& operations() noexcept {
  static const fuse_lowlevel_ops table = make_operations();
  return table;
}

}  // namespace lamina::fuse
