// SPDX-License-Identifier: Apache-2.0
#include "tar_header.hpp"

#include <algorithm>
#include <charconv>

namespace lamina::archive {

namespace {

using namespace std::string_view_literals;

std::string_view until_nul(std::string_view text) noexcept { return text.substr(0, text.find('\0')); }

bool in_checksum_field(std::size_t index) noexcept {
  return index >= tar_field::checksum.offset && index < tar_field::checksum.offset + tar_field::checksum.size;
}

template <typename Byte>
std::int64_t sum_of(std::string_view block) noexcept {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) sum += in_checksum_field(i) ? ' ' : static_cast<Byte>(block[i]);
  return sum;
}

std::optional<std::int64_t> parse_base256(std::string_view field) noexcept {
  const bool is_negative = (static_cast<unsigned char>(field.front()) & 0x40U) != 0;
  std::int64_t value = is_negative ? -1 : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = static_cast<unsigned char>(is_negative ? byte | 0x80U : byte & 0x7fU);
    if (__builtin_mul_overflow(value, std::int64_t{256}, &value)) return std::nullopt;
    value += byte;  // cannot overflow: the low eight bits are zero
  }
  return value;
}

}  // namespace

TarHeader::TarHeader(util::Bytes block) noexcept : bytes_() {
  std::ranges::copy(util::as_text(block.first(kTarBlock)), bytes_.begin());
}

bool TarHeader::is_zero() const noexcept {
  return std::ranges::all_of(bytes_, [](char c) { return c == '\0'; });
}

bool TarHeader::has_valid_checksum() const noexcept {
  const auto expected = parse_tar_number(raw(tar_field::checksum));
  const std::string_view block(bytes_.data(), bytes_.size());
  return expected && (*expected == sum_of<unsigned char>(block) || *expected == sum_of<signed char>(block));
}

bool TarHeader::is_gnu() const noexcept { return raw(tar_field::magic) == "ustar  \0"sv; }

std::string_view TarHeader::text(TarField field) const noexcept { return until_nul(raw(field)); }

std::string_view TarHeader::prefix() const noexcept {
  if (!raw(tar_field::magic).starts_with("ustar\0"sv)) return {};
  return text(raw(tar_field::star_trailer) == "tar\0"sv ? tar_field::star_prefix : tar_field::prefix);
}

std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept {
  if ((static_cast<unsigned char>(field.front()) & 0x80U) != 0) return parse_base256(field);
  const auto first = field.find_first_not_of(" \0"sv);
  if (first == std::string_view::npos) return 0;
  const auto digits = field.substr(first, field.find_first_of(" \0"sv, first) - first);
  std::int64_t value = 0;
  const auto* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value, 8);
  if (result.ec != std::errc() || result.ptr != end || value < 0) return std::nullopt;
  return value;
}

std::uint32_t tar_checksum(std::string_view block) noexcept {
  return static_cast<std::uint32_t>(sum_of<unsigned char>(block));
}

}  // namespace lamina::archive
