// SPDX-License-Identifier: Apache-2.0
// MountRecord: what the store keeps about a mount while it lasts, in mounts/ID/ (drawn in man/lamina-store.5):
// mount.json, lock (flocked by the daemon as long as it lives) and log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include <lamina/store/store.hpp>

namespace lamina::mount {

struct MountRecord {
  std::string id;            ///< 12 hex digits
  std::string image;         ///< its name when it was mounted
  std::string image_id;      ///< "sha256:…"
  std::string chain_id;      ///< "sha256:…": the merged tree in use
  std::string mountpoint;    ///< absolute, without symbolic links
  std::string options;       ///< MountOptions::str()
  std::int64_t started = 0;  ///< seconds since the epoch
  pid_t pid = 0;             ///< the daemon

  bool operator==(const MountRecord&) const = default;
  std::string to_json() const;
  /// Throws Error on anything but to_json()'s form.
  static MountRecord from_json(std::string_view json, std::string_view what);
};

enum class MountState {
  live,
  dead,  ///< the daemon is gone without having taken its leave
};

struct Mount {
  MountRecord record;
  MountState state = MountState::dead;
};

/// All mounts of the store, oldest first.
std::vector<Mount> list(const store::Store& store);

/// Those whose daemon lives: their images and trees are in use. A removal holds the store's exclusive lock while
/// it asks and acts; a mount holds the shared one until its record is visible.
std::vector<MountRecord> live_mounts(const store::Store& store);

}  // namespace lamina::mount
