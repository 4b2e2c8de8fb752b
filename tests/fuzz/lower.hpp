// SPDX-License-Identifier: Apache-2.0
// The layer below: something to hide, replace, follow and link to, under the short names that the seeds use.
#pragma once

#include <sys/stat.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/tree/builder.hpp>

namespace lamina::fuzz {

inline const tree::Tree& lower() {
  static const tree::Tree kLower = [] {
    const auto path = [](std::string_view text) { return util::RelPath::parse(text); };
    tree::TreeBuilder builder(tree::TreeKind::layer);
    util::Metadata metadata{.mode = 0755, .uid = 1, .gid = 2, .mtime = {3, 4}, .rdev = {}, .xattrs = {}};
    builder.put_directory(path("a"), metadata);
    builder.put_directory(path("a/b"), metadata);
    metadata.xattrs = {{"user.a", "1"}};
    builder.put_file(path("a/b/c"), metadata, {5, digest::hash(util::as_bytes("lower"))});
    builder.put_hardlink(path("a/h"), path("a/b/c"));
    builder.put_symlink(path("l"), metadata, "a/b");
    builder.put_symlink(path("a/m"), metadata, "/l/..");
    builder.put_symlink(path("loop"), metadata, "loop");
    metadata.mode = S_IFIFO | 0600;
    builder.put_special(path("f"), metadata);
    return tree::Tree::from_bytes(builder.build(), "the layer below");
  }();
  return kLower;
}

}  // namespace lamina::fuzz
