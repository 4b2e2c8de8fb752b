// SPDX-License-Identifier: Apache-2.0
// The merge rule, once: what becomes of one name, given what each layer offers for it. merge, and later the
// overlay's find and list, all ask here. Source: OCI image-spec layer.md ("Applying Changesets", "Whiteouts") and
// the kernel's Documentation/filesystems/overlayfs.rst ("whiteouts and opaque directories").
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace lamina::tree {

enum class Offer {
  nothing,           ///< the layer does not mention the name
  whiteout,          ///< the layer hides the name
  directory,         ///< a directory that lets the layers below shine through
  opaque_directory,  ///< a directory that hides them
  other,             ///< anything that is not a directory
};

struct Fate {
  std::optional<std::size_t> winner;  ///< index of the offer that is seen; nullopt: the name is absent
  /// For a directory: offers [winner, end) that are directories contribute names. Otherwise 0.
  std::size_t contributors_end = 0;
};

/// `offers` top layer first.
Fate decide(std::span<const Offer> offers) noexcept;

}  // namespace lamina::tree
