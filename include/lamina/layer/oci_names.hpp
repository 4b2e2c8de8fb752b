// SPDX-License-Identifier: Apache-2.0
// The names that mean something else in a layer archive: OCI image-spec layer.md, "Whiteouts", and the AUFS
// bookkeeping names (".wh..wh.*") that old tools left behind.
#pragma once

#include <string>
#include <string_view>

namespace lamina::layer {

enum class OciNameKind {
  plain,         ///< an ordinary name
  whiteout,      ///< ".wh.NAME": NAME of the layers below is gone
  opaque,        ///< ".wh..wh..opq": everything the layers below have in this directory is gone
  pseudo_links,  ///< ".wh..wh.plnk": where AUFS kept the files of hard links; not shown, but such links lead there
  metadata,      ///< any other ".wh..wh.*": AUFS bookkeeping, to be ignored
  malformed,     ///< ".wh." alone, or a whiteout of "." or "..": means nothing, and is refused
};

struct OciName {
  OciNameKind kind = OciNameKind::plain;
  std::string_view target;  ///< for a whiteout: the name it hides
};

/// What a component of an archive path says.
OciName parse_oci_name(std::string_view name) noexcept;

/// The archive name that hides `name`, and the one that makes a directory opaque.
std::string whiteout_name(std::string_view name);
std::string_view opaque_marker() noexcept;

/// The directory, in the root, that is of the kind pseudo_links.
std::string_view pseudo_links() noexcept;

}  // namespace lamina::layer
