// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <cerrno>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::pack {

std::string describe(const Origin& origin, tree::Ino ino) {
  return util::printable(fmt::format("{}:/{}", origin.image, origin.tree.path(ino)));
}

util::Fd open_content(const Origin& origin, tree::Ino ino, const digest::Digest& object) {
  const auto damaged = [&](std::string_view how, int code) {
    return util::Error(fmt::format("{}: its object {} {}", describe(origin, ino), object.hex(), how), code);
  };
  if (!origin.store.has_object(object)) throw damaged("is missing in the store", ENOENT);
  auto file = origin.store.open_object(object);
  const auto size = util::file_size(file, describe(origin, ino));
  const auto wanted = origin.tree.inode(ino).size;
  if (size != wanted) throw damaged(fmt::format("has {} bytes instead of {}", size, wanted), EIO);
  return file;
}

util::Metadata metadata_of(const Origin& origin, tree::Ino ino) {
  const auto inode = origin.tree.inode(ino);
  return {.mode = inode.mode,
          .uid = inode.uid,
          .gid = inode.gid,
          .mtime = inode.mtime,
          .rdev = inode.rdev,
          .xattrs = origin.tree.xattrs(ino)};
}

}  // namespace lamina::pack
