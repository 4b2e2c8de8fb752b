// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <cerrno>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::pack {

util::Fd open_content(const Origin& origin, tree::Ino ino, const digest::Digest& object, const std::string& what) {
  const auto damaged = [&](std::string_view how, int code) {
    return util::Error(fmt::format("{}: its object {} {}", what, object.hex(), how), code);
  };
  if (!origin.store.has_object(object)) throw damaged("is missing in the store", ENOENT);
  auto file = origin.store.open_object(object);
  const auto size = util::file_size(file, what);
  const auto wanted = origin.tree.inode(ino).size;
  if (size != wanted) throw damaged(fmt::format("has {} bytes instead of {}", size, wanted), EIO);
  return file;
}

util::Metadata metadata_of(const tree::Tree& tree, tree::Ino ino) {
  const auto inode = tree.inode(ino);
  return {.mode = inode.mode,
          .uid = inode.uid,
          .gid = inode.gid,
          .mtime = inode.mtime,
          .rdev = inode.rdev,
          .xattrs = tree.xattrs(ino)};
}

}  // namespace lamina::pack
