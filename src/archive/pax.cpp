// SPDX-License-Identifier: Apache-2.0
#include "pax.hpp"

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace lamina::archive {

namespace {

constexpr std::uint32_t kSecond = 1'000'000'000;

template <typename Number>
std::optional<Number> parse_digits(std::string_view text, int base = 10) noexcept {
  Number value = 0;
  const auto* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> sextet(char c) noexcept {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto index = kAlphabet.find(c);
  if (index == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(index);
}

}  // namespace

std::optional<std::vector<PaxRecord>> parse_pax(std::string_view body) {
  std::vector<PaxRecord> records;
  while (!body.empty()) {
    const auto blank = body.find(' ');
    const auto length = parse_pax_number(body.substr(0, blank));
    if (blank == std::string_view::npos || !length || *length > body.size() || *length < blank + 2) return std::nullopt;
    const auto record = body.substr(blank + 1, *length - blank - 1);
    const auto equals = record.find('=');
    if (record.back() != '\n' || equals == 0 || equals == std::string_view::npos) return std::nullopt;
    records.push_back({record.substr(0, equals), record.substr(equals + 1, record.size() - equals - 2)});
    body.remove_prefix(*length);
  }
  return records;
}

std::string format_pax(std::string_view key, std::string_view value) {
  const auto rest = key.size() + value.size() + 3;  // the blank, the '=' and the newline
  auto length = rest + fmt::formatted_size("{}", rest);
  length = rest + fmt::formatted_size("{}", length);  // the length's own digits may have made it longer
  return fmt::format("{} {}={}\n", length, key, value);
}

std::optional<std::uint64_t> parse_pax_number(std::string_view text) noexcept {
  const auto value = parse_digits<std::uint64_t>(text);
  if (!value || *value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return value;
}

std::optional<util::Timestamp> parse_pax_time(std::string_view text) noexcept {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto seconds = parse_pax_number(text.substr(0, point));
  if (!seconds) return std::nullopt;

  std::uint32_t nanoseconds = 0;
  if (point != std::string_view::npos) {
    const auto fraction = text.substr(point + 1);
    if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    auto unit = kSecond;
    for (const char digit : fraction.substr(0, 9)) {
      unit /= 10;
      nanoseconds += static_cast<std::uint32_t>(digit - '0') * unit;
    }
  }
  const auto whole = static_cast<std::int64_t>(*seconds);
  if (!is_negative) return util::Timestamp{whole, nanoseconds};
  if (nanoseconds == 0) return util::Timestamp{-whole, 0};
  return util::Timestamp{-whole - 1, kSecond - nanoseconds};
}

std::string format_pax_time(const util::Timestamp& time) {
  const bool is_negative = time.seconds < 0;
  const bool borrows = is_negative && time.nanoseconds != 0;
  const auto seconds = borrows ? time.seconds + 1 : time.seconds;
  const auto magnitude = is_negative ? 0 - static_cast<std::uint64_t>(seconds) : static_cast<std::uint64_t>(seconds);
  auto text = fmt::format("{}{}", is_negative ? "-" : "", magnitude);
  if (time.nanoseconds == 0) return text;
  text += fmt::format(".{:09}", borrows ? kSecond - time.nanoseconds : time.nanoseconds);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::string decode_percent(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = parse_digits<unsigned char>(text.substr(i + 1, 2), 16)) {
        result.push_back(static_cast<char>(*byte));
        i += 2;
        continue;
      }
    }
    result.push_back(text[i]);
  }
  return result;
}

std::optional<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string result;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto six = sextet(c);
    if (!six) return std::nullopt;
    bits = (bits << 6U | *six) & 0xffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    result.push_back(static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU));
  }
  return result;
}

}  // namespace lamina::archive
