// SPDX-License-Identifier: Apache-2.0
#include <lamina/digest/digest.hpp>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::digest {
namespace {

constexpr std::string_view kPrefix = "sha256:";

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<Digest> Digest::find_hex(std::string_view hex) noexcept {
  if (hex.size() != 2 * kSize) return std::nullopt;
  std::array<std::byte, kSize> bytes{};
  for (std::size_t i = 0; i < kSize; ++i) {
    const int high = nibble(hex[2 * i]);
    const int low = nibble(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return Digest(bytes);
}

std::optional<Digest> Digest::find(std::string_view text) noexcept {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  return find_hex(text.substr(kPrefix.size()));
}

Digest Digest::parse(std::string_view text) {
  if (const auto digest = find(text)) return *digest;
  throw util::Error(
      fmt::format("'{}' is not a digest of the form sha256:<64 hex digits>", util::printable(text.substr(0, 100))));
}

std::string Digest::hex() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * kSize);
  for (const std::byte byte : bytes_) {
    out += kDigits[std::to_integer<std::size_t>(byte >> 4U)];
    out += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return out;
}

std::string Digest::str() const { return std::string(kPrefix) + hex(); }

}  // namespace lamina::digest
