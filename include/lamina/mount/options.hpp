// SPDX-License-Identifier: Apache-2.0
// MountOptions: what `-o` says, as mount(8) users write it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <lamina/fuse/session.hpp>

namespace lamina::mount {

enum class UnknownWords { refuse, ignore };

struct MountOptions {
  bool read_only = false;
  bool suid = false;  ///< an image is somebody else's content: nothing in it gains privilege unless asked
  bool dev = false;
  bool exec = true;
  std::optional<bool> allow_other;     ///< nullopt: as root, yes
  std::optional<fuse::DataMode> data;  ///< nullopt: lamina chooses
  std::string source;                  ///< in the mount table; "" for "lamina:IMAGE"

  /// Comma-separated words, later ones win: ro rw suid nosuid dev nodev exec noexec allow_suid allow_dev
  /// allow_other data=cache data=passthrough, and the generic words of mount(8) and fstab(5) that change nothing here (noatime, nofail,
  /// x-…, …). Throws Error naming any other word that is not to be ignored.
  static MountOptions parse(std::span<const std::string> lists, UnknownWords unknown = UnknownWords::refuse);

  /// The words that describe these options, for the record: "ro,nosuid,nodev,data=cache".
  std::string str() const;
};

}  // namespace lamina::mount
