// SPDX-License-Identifier: Apache-2.0
// Overlay marks: what an overlay's upper directory says in extended attributes, as values: no file is touched here.
// Sources: the kernel's Documentation/filesystems/overlayfs.rst and fs/overlayfs (Linux 6.8), and for the recorded stat
// containers/storage (pkg/idtools) and fuse-overlayfs. Whoever can write to the upper can write anything into them, so
// that what means nothing is refused: parse_* throws Error (EIO). All functions are pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <lamina/util/metadata.hpp>
#include <lamina/util/name.hpp>

namespace lamina::layer {

/// Where the attributes live: trusted.overlay.* takes CAP_SYS_ADMIN; user.overlay.* is what the kernel's mount option
/// "userxattr" reads.
enum class MarkSpace { trusted, user };

enum class OverlayMark {
  opaque,    ///< of a directory: an Opaque
  redirect,  ///< of a directory or a metacopy: a Redirect
  metacopy,  ///< of a regular file whose content is still below: a Metacopy
  origin,    ///< the file handle of the lower file this one was copied from
  impure,    ///< of a directory with a copied-up entry: "y"
  whiteout,  ///< makes an empty regular file a whiteout (Linux 6.7), whatever the value
};

/// "trusted.overlay.opaque"
std::string mark_name(MarkSpace space, OverlayMark mark);
/// Does the attribute belong to the overlay, known or not? Then nobody is to see it through a mount.
bool is_mark_name(MarkSpace space, std::string_view name) noexcept;

enum class Opaque {
  opaque,         ///< "y": the layers below have nothing in this directory
  has_whiteouts,  ///< "x" (Linux 6.8): they have, and some entries may be whiteouts in the form of an attribute
};
/// nullopt for any other value, which means nothing to the kernel either.
std::optional<Opaque> find_opaque(std::string_view value) noexcept;
std::string_view format_opaque(Opaque opaque) noexcept;

/// Under which name the layers below have what is here.
struct Redirect {
  enum class From { root, parent };  ///< of the mount; or what the parent, with its own redirect, leads to
  From from = From::root;
  util::RelPath path;  ///< never the root; from the parent it is one name
};
/// "/a/b" or "b", with nothing that would have to be normalised: no empty, "." or ".." component.
Redirect parse_redirect(std::string_view value);
/// Throws Error (EINVAL) for a path that parse_redirect() would refuse.
std::string format_redirect(const Redirect& redirect);

/// The digest is fs-verity's, of the file below that has the content.
struct Metacopy {
  enum class Algorithm : std::uint8_t { none = 0, sha256 = 1, sha512 = 2 };  ///< FS_VERITY_HASH_ALG_*
  Algorithm algorithm = Algorithm::none;
  std::string digest;  ///< as many bytes as the algorithm has; none for none
  bool operator==(const Metacopy&) const = default;
};
/// Empty, or version 0 of the kernel's struct ovl_metacopy without flags (none is defined yet).
Metacopy parse_metacopy(std::string_view value);
/// Throws Error (EINVAL) when the digest is not of the algorithm's size.
std::string format_metacopy(const Metacopy& metacopy);

/// Owner, mode and device that the file itself could not be given. An attribute of this name, in either MarkSpace.
inline constexpr std::string_view kRecordedStatName = "user.containers.override_stat";

struct RecordedStat {
  std::uint32_t uid = 0;  ///< never 2^32 - 1, which is no owner
  std::uint32_t gid = 0;
  std::uint32_t mode = 0;  ///< as st_mode, but without type bits when no TYPE is named: then the file's own counts
  util::Device rdev;       ///< character and block devices only
  bool operator==(const RecordedStat&) const = default;
};
/// "UID:GID:MODE[:TYPE]", the mode octal; type bits in it (fuse-overlayfs writes them) do not count. TYPE is file, dir,
/// symlink, pipe, socket, char-MAJOR-MINOR or block-MAJOR-MINOR.
RecordedStat parse_recorded_stat(std::string_view value);
/// As containers/storage writes it: "0:0:0755:dir". Throws Error (EINVAL) for what parse_recorded_stat() would refuse.
std::string format_recorded_stat(const RecordedStat& stat);

}  // namespace lamina::layer
