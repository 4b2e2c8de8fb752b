// SPDX-License-Identifier: Apache-2.0
// A naive file system and the rules of OCI layers, to hold against lamina's merge: one map from path to node, no
// index, no marks, no laziness. What it does follows image-spec layer.md and is written without a look at src/tree.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <lamina/util/metadata.hpp>

namespace lamina::model {

enum class Kind { directory, file, symlink, fifo, character_device, block_device, hardlink, whiteout, opaque };

/// One entry of an archive.
struct Entry {
  Kind kind = Kind::file;
  std::string path;    ///< "a/b"; "" is the root, which only an opaque mark may name
  std::string target;  ///< of symlinks and hard links
  util::Metadata metadata;
  std::string content;
};
using Archive = std::vector<Entry>;

struct Node {
  Kind kind = Kind::directory;
  util::Metadata metadata;
  std::string content;  ///< or a symlink's target
};

/// Every name below the root; hard links are paths with the same node.
using Files = std::map<std::string, std::shared_ptr<const Node>>;

/// The entries of `archive` that mean something on top of `below`: without hard links to nothing or to a directory,
/// and without paths that go through a symbolic link (whose meaning depends on the order of the archive).
Archive acceptable(const Files& below, const Archive& archive);

/// What `below` becomes. Only for acceptable archives.
Files unpack(const Files& below, const Archive& archive);

/// As lamina::tree::test::list() writes it, without the root.
std::map<std::string, std::string> list(const Files& files);

std::ostream& operator<<(std::ostream& out, const Entry& entry);

}  // namespace lamina::model
