// SPDX-License-Identifier: Apache-2.0
// The records of a PAX extended header: POSIX.1-2017 pax(1), "pax Extended Header". Keys and values are bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lamina/util/metadata.hpp>

namespace lamina::archive {

inline constexpr std::string_view kSchilyXattr = "SCHILY.xattr.";
inline constexpr std::string_view kLibarchiveXattr = "LIBARCHIVE.xattr.";
inline constexpr std::string_view kGnuSparse = "GNU.sparse.";

struct PaxRecord {
  std::string_view key;
  std::string_view value;
};

/// The records in their order, pointing into `body`; nullopt when it is malformed.
std::optional<std::vector<PaxRecord>> parse_pax(std::string_view body);

/// "LENGTH KEY=VALUE\n", where LENGTH counts itself.
std::string format_pax(std::string_view key, std::string_view value);

/// A decimal number without a sign; nullopt beyond 2^63-1.
std::optional<std::uint64_t> parse_pax_number(std::string_view text) noexcept;

/// Seconds as a decimal fraction, "-1.5" being one and a half second before the epoch; digits beyond the ninth
/// are cut off.
std::optional<util::Timestamp> parse_pax_time(std::string_view text) noexcept;
std::string format_pax_time(const util::Timestamp& time);

/// What libarchive does to the names (percent signs) and values (base 64, without padding) of LIBARCHIVE.xattr.
std::string decode_percent(std::string_view text);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace lamina::archive
