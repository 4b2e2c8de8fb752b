// SPDX-License-Identifier: Apache-2.0
// What the headers of an entry say where libarchive does not hand on their bytes: it cuts names at a NUL, drops tag
// characters from them, loses a link's target when the ustar header leaves it to the PAX record, and takes half a
// second before 1970 for one after it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lamina/util/metadata.hpp>

namespace lamina::archive {

struct RawHeader {
  char type = '\0';  ///< ustar's typeflag
  // Of PAX records, unless GNU's long names stand beside them, which win.
  std::optional<std::string> path;
  std::optional<std::string> link_target;
  std::optional<util::Timestamp> mtime;
};

/// `blocks`: all that comes before an entry's content, as libarchive has read it without complaint. What is malformed
/// all the same is passed over.
RawHeader read_raw_header(std::string_view blocks);

}  // namespace lamina::archive
