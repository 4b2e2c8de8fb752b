// SPDX-License-Identifier: Apache-2.0
// The 512-byte header block of tar: POSIX.1-2017 pax(1), "ustar Interchange Format", and the GNU tar manual,
// "Basic Tar Format". Fields are cut out and numbers decoded; nothing here judges what they say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <lamina/util/fd.hpp>

namespace lamina::archive {

inline constexpr std::size_t kTarBlock = 512;

/// `size` bytes of content fill this many bytes of the archive.
constexpr std::uint64_t padded(std::uint64_t size) noexcept { return (size + kTarBlock - 1) / kTarBlock * kTarBlock; }

struct TarField {
  std::size_t offset;
  std::size_t size;
};

namespace tar_field {
inline constexpr TarField name{0, 100};
inline constexpr TarField mode{100, 8};
inline constexpr TarField uid{108, 8};
inline constexpr TarField gid{116, 8};
inline constexpr TarField size{124, 12};
inline constexpr TarField mtime{136, 12};
inline constexpr TarField checksum{148, 8};
inline constexpr TarField type{156, 1};
inline constexpr TarField link{157, 100};
inline constexpr TarField magic{257, 8};  ///< with the version
inline constexpr TarField dev_major{329, 8};
inline constexpr TarField dev_minor{337, 8};
inline constexpr TarField prefix{345, 155};       ///< POSIX
inline constexpr TarField star_prefix{345, 131};  ///< star, which keeps times behind it
inline constexpr TarField star_trailer{508, 4};
inline constexpr TarField gnu_sparse{386, 96};  ///< four pairs, of 12 bytes each: offset, length
inline constexpr TarField gnu_is_extended{482, 1};
inline constexpr TarField gnu_real_size{483, 12};
inline constexpr TarField gnu_more_sparse{0, 504};  ///< 21 pairs, in an extension block
inline constexpr TarField gnu_more_is_extended{504, 1};
}  // namespace tar_field

class TarHeader {
public:
  explicit TarHeader(util::Bytes block) noexcept;

  bool is_zero() const noexcept;
  /// The sum may be of signed bytes too, as some historic writers had it.
  bool has_valid_checksum() const noexcept;
  bool is_gnu() const noexcept;
  char type() const noexcept { return bytes_[tar_field::type.offset]; }

  /// All bytes of a field.
  std::string_view raw(TarField field) const noexcept { return {bytes_.data() + field.offset, field.size}; }
  /// The bytes before the first NUL.
  std::string_view text(TarField field) const noexcept;
  /// The directory part that POSIX and star keep apart; "" in other dialects.
  std::string_view prefix() const noexcept;

private:
  std::array<char, kTarBlock> bytes_;
};

/// A number as octal digits between blanks and NULs (none: 0), or in base 256 with the first bit set (two's
/// complement); nullopt for anything else or beyond 64 bits.
std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept;

/// What stands in the checksum field: the sum of all bytes, with that field taken as blanks.
std::uint32_t tar_checksum(std::string_view block) noexcept;

}  // namespace lamina::archive
