// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/error.hpp>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace lamina::util {

Error::Error(const std::string& message) : Error(message, EIO) {}

Error::Error(const std::string& message, int code) : std::runtime_error(message), code_(code) {}

Error Error::from_errno(std::string_view doing) { return from_errno(doing, errno); }

Error Error::from_errno(std::string_view doing, int code) {
  return {fmt::format("{}: {}", doing, std::generic_category().message(code)), code};
}

bool is_absent(int code) noexcept { return code == ENOENT || code == ENOTDIR; }

namespace {

/// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none. RFC 3629: no overlong forms,
/// no surrogates, nothing above U+10FFFF.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto continues = [&](std::size_t at) { return at < text.size() && (byte(at) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return continues(1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = first == 0xE0U && byte(1) < 0xA0U;
    const bool surrogate = first == 0xEDU && byte(1) >= 0xA0U;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = first == 0xF0U && byte(1) < 0x90U;
    const bool too_high = first == 0xF4U && byte(1) >= 0x90U;
    return overlong || too_high ? 0 : 4;
  }
  return 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    const bool c1_control = length == 2 && first == 0xC2U && static_cast<unsigned char>(text[1]) < 0xA0U;
    if (length == 0 || first < 0x20U || first == 0x7FU || c1_control) {
      out += fmt::format("\\x{:02x}", first);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace lamina::util
