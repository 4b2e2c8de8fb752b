// SPDX-License-Identifier: Apache-2.0
// Starting and ending mounts. Neither is thread-safe: start() forks.
#pragma once

#include <string>

#include <lamina/mount/options.hpp>
#include <lamina/mount/record.hpp>
#include <lamina/store/store.hpp>

namespace lamina::mount {

enum class Run {
  background,  ///< a daemon serves the mount; returns when it answers
  foreground,  ///< this process serves it; returns when it has ended (unmounted, SIGTERM, SIGINT, SIGHUP)
  not_at_all,  ///< only checks what can be checked beforehand: the image and the mount point
};

/// Mounts `image` (as Store::get_image takes it) read-only on `directory`. Throws Error with nothing mounted: unknown
/// image, mount point missing, no directory, busy, or in one line with the store; FUSE not to be had. Environment:
/// LAMINA_STATS names a file to which the daemon writes its requests by opcode (JSON) when it ends.
MountRecord start(const store::Store& store, const std::string& image, const std::string& directory,
                  const MountOptions& options, Run run);

/// Unmounts by mount point or by record id and returns when the daemon has ended. A mount whose daemon died is
/// cleared. Throws Error: not a lamina mount, busy, not permitted.
void umount(const store::Store& store, const std::string& target);

}  // namespace lamina::mount
