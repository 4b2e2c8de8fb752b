// SPDX-License-Identifier: Apache-2.0
// What the model tests share: random entries of archives, and merged layers.
#pragma once

#include <rapidcheck.h>

#include "listing.hpp"
#include "model.hpp"

namespace lamina::model {

/// Type bits of what is no directory, file or symbolic link.
std::uint32_t special_type(Kind kind);

/// Tells any two entries apart in everything an inode has.
util::Metadata metadata_of(std::uint32_t serial);

rc::Gen<Entry> any_entry();

/// The merged tree of `layers`, bottom first. Throws Error (EIO) when it is not valid.
tree::Tree merged(const std::vector<tree::Tree>& layers);

/// Without the root.
tree::test::Listing list_merged(const std::vector<tree::Tree>& layers);

}  // namespace lamina::model
