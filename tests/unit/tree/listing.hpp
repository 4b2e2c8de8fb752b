// SPDX-License-Identifier: Apache-2.0
// Trees as text, one line per name, for tests that compare them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <lamina/tree/builder.hpp>
#include <lamina/tree/tree.hpp>

namespace lamina::tree::test {

/// Path to description; the root's path is ".". A description holds whatever is not a default:
///   "d755", "f644 'content'", "l777 -> target", "c600 1:3", "p644", "s644", "whiteout", "link -> a/b"
///   and then " opaque", " implied", " n2" (nlink, if not 1, directories 2), " own 1:2", " at 5.000000006",
///   " xattr user.a=b", " = first/name" (for every further name of an inode).
using Listing = std::map<std::string, std::string>;

/// Walks the tree through its public accessors, and checks on the way that they agree with each other.
Listing list(const Tree& tree);

/// Content that list() shows as 'text'.
FileContent content(std::string_view text);

util::Metadata metadata(std::uint32_t permissions);
util::RelPath path(std::string_view text);

/// A layer under construction, in few words.
class Layer {
public:
  Layer& dir(std::string_view at, std::uint32_t permissions = 0755);
  Layer& file(std::string_view at, std::string_view text, std::uint32_t permissions = 0644);
  Layer& symlink(std::string_view at, std::string_view target);
  Layer& link(std::string_view at, std::string_view target);
  Layer& whiteout(std::string_view at);
  Layer& opaque(std::string_view at);

  Tree tree() const;
  Listing list() const { return test::list(tree()); }

  TreeBuilder builder{TreeKind::layer};
};

}  // namespace lamina::tree::test
