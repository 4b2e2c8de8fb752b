// SPDX-License-Identifier: Apache-2.0
// copy_out: files and directories of an image, copied to the host without a mount, or written as a tar archive. Names
// on the host are made in directories that are held open, and no symbolic link there is ever followed. The caller holds
// the store's lock, so that no object goes while it is read.
#pragma once

#include <functional>
#include <string>

#include <lamina/store/store.hpp>
#include <lamina/tree/tree.hpp>
#include <lamina/util/root_dir.hpp>
#include <lamina/util/source.hpp>

namespace lamina::pack {

/// A node of an image.
struct Origin {
  const store::Store& store;
  const tree::Tree& tree;  ///< merged
  tree::Ino ino = tree::kRootIno;
  std::string what;  ///< for messages: "debian:12:/etc", without a slash at its end
};

/// Mode, time, links between the files copied, and holes are always kept. Without the image's owners, a file that
/// comes to belong to somebody else loses its set-user-ID or set-group-ID bit, as with cp(1).
enum class Keep {
  basics,  ///< what is copied belongs to the caller
  all,     ///< owners and extended attributes as well
};

/// Copies the node to `name` in `into`. What is no directory appears whole, by a rename, in place of anything but a
/// directory; a directory is merged with one that is there. `between` is called every now and then and may throw. Throws
/// Error naming what could not be kept; files copied before that stay.
void copy_to(const Origin& origin, const util::RootDir& into, const std::string& name, Keep keep,
             const std::function<void()>& between);

/// copy_to() for each entry of a directory; `into` itself stays as it is.
void copy_contents(const Origin& origin, const util::RootDir& into, Keep keep, const std::function<void()>& between);

/// The node as `name` in a tar archive, with owners and extended attributes; the contents of a directory as "./" when
/// `name` is empty. Throws Error.
void write_tar(const Origin& origin, const std::string& name, util::Sink& sink);

}  // namespace lamina::pack
