// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/tree/tree.hpp>
#include <lamina/util/error.hpp>

#include "pending_path.hpp"

namespace lamina::tree {

std::optional<Ino> find_path(const Tree& tree, std::string_view path, FollowLast follow) {
  PendingPath pending(path);
  Ino at = kRootIno;
  while (const auto name = pending.next()) {
    if (!S_ISDIR(tree.inode(at).mode)) return std::nullopt;
    if (*name == "..") {
      at = tree.parent(at);
      continue;
    }
    const auto entry = tree.find(at, *name);
    if (!entry) return std::nullopt;
    if (S_ISLNK(entry->mode) && (follow == FollowLast::yes || !pending.at_end())) {
      if (pending.follow(tree.symlink_target(entry->ino))) at = kRootIno;
    } else {
      at = entry->ino;
    }
  }
  return at;
}

}  // namespace lamina::tree
