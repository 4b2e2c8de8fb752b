// SPDX-License-Identifier: Apache-2.0
// What both ways out of an image need of a node.
#pragma once

#include <lamina/pack/copy_out.hpp>

namespace lamina::pack {

/// A file's object, of the size that the tree says. Throws Error naming `what` when it is missing or has another.
util::Fd open_content(const Origin& origin, tree::Ino ino, const digest::Digest& object, const std::string& what);

/// Everything that the image says of the node.
util::Metadata metadata_of(const tree::Tree& tree, tree::Ino ino);

}  // namespace lamina::pack
