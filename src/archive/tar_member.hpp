// SPDX-License-Identifier: Apache-2.0
// What the headers of one member say, put together: its own block, GNU long names, PAX records. No stream is touched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lamina/archive/entry.hpp>

#include "tar_header.hpp"

namespace lamina::archive {

/// The bodies of the headers that stand before a member's own.
struct SpecialHeaders {
  bool is_present = false;
  std::string pax;        ///< type x
  std::string long_path;  ///< type L
  std::string long_link;  ///< type K
};

struct SparseHeader {
  std::vector<std::uint64_t> numbers;  ///< offset, length, offset, length, …
  std::uint64_t real_size = 0;         ///< bytes, holes included
  bool has_lines = false;              ///< format 1.0: the numbers stand before the content
  bool is_extended = false;            ///< old GNU: more numbers stand in blocks after the header
};

struct TarMemberHeader {
  Entry entry;
  std::uint64_t stored = 0;  ///< bytes of content in the archive, if this type has any
  std::optional<SparseHeader> sparse;
};

/// Throws Error with the reason alone ("its owner is out of range"): the caller knows where it is.
TarMemberHeader decode_member(const TarHeader& header, const SpecialHeaders& special);

/// A field that counts bytes; throws Error like decode_member().
std::uint64_t decode_size(const TarHeader& header, TarField field);

}  // namespace lamina::archive
