// SPDX-License-Identifier: Apache-2.0
// Digest: a SHA-256 as the OCI image specification names content ("Descriptor", section Digests).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lamina::digest {

class Digest {
public:
  static constexpr std::size_t kSize = 32;

  Digest() = default;  ///< all zero: no content has it
  explicit Digest(const std::array<std::byte, kSize>& bytes) : bytes_(bytes) {}

  /// "sha256:" and 64 lower-case hex digits; anything else throws Error (slashes, other algorithms, upper case).
  static Digest parse(std::string_view text);
  static std::optional<Digest> find(std::string_view text) noexcept;
  /// 64 lower-case hex digits.
  static std::optional<Digest> find_hex(std::string_view hex) noexcept;

  std::string hex() const;
  std::string str() const;  ///< "sha256:…"
  const std::array<std::byte, kSize>& bytes() const noexcept { return bytes_; }
  auto operator<=>(const Digest&) const = default;

private:
  std::array<std::byte, kSize> bytes_{};
};

}  // namespace lamina::digest

template <>
struct std::hash<lamina::digest::Digest> {
  std::size_t operator()(const lamina::digest::Digest& digest) const noexcept {
    std::size_t value = 0;  // a digest is random already: its first bytes are a hash
    std::memcpy(&value, digest.bytes().data(), sizeof value);
    return value;
  }
};
