// SPDX-License-Identifier: Apache-2.0
// Between libarchive's entries and ours, in both directions.
#pragma once

#include <string_view>

#include <archive_entry.h>

#include <lamina/archive/entry.hpp>

#include "raw_header.hpp"

namespace lamina::archive {

/// `raw` has what libarchive does not hand on. Throws Error naming `what` for an owner or device that Linux cannot have,
/// or a type no file has.
Entry from_libarchive(archive_entry* entry, std::string_view what, const RawHeader& raw = {});

/// Fills the empty `to`.
void to_libarchive(const Entry& entry, archive_entry* to);

}  // namespace lamina::archive
