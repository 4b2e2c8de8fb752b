// SPDX-License-Identifier: Apache-2.0
#include "raw_header.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace lamina::archive {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kTypeAt = 156;
constexpr std::uint32_t kSecond = 1'000'000'000;
constexpr std::size_t kNanosecondDigits = 9;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSpecialTypes = "AKLVXgx";  // headers about the entry that follows, or about the archive

/// nullopt unless all of `text` is a number.
template <typename Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::size_t size_of_content(std::string_view header) {
  auto field = header.substr(kSizeAt, 12);
  field.remove_prefix(std::min(field.size(), field.find_first_not_of(' ')));
  return number_of<std::size_t>(field.substr(0, field.find_first_not_of(kDigits)), 8).value_or(0);
}

/// Seconds and a fraction, of which more digits than nanoseconds have are cut off: pax(1), File Times.
std::optional<util::Timestamp> time_of(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto dot = std::min(text.find('.'), text.size());
  auto fraction = std::string(text.substr(std::min(dot + 1, text.size())).substr(0, kNanosecondDigits));
  fraction.resize(kNanosecondDigits, '0');
  const auto seconds = number_of<std::int64_t>(text.substr(0, dot));
  const auto nanoseconds = number_of<std::uint32_t>(fraction);
  if (!seconds || *seconds < 0 || !nanoseconds) return std::nullopt;
  if (!is_negative) return util::Timestamp{*seconds, *nanoseconds};
  if (*nanoseconds == 0) return util::Timestamp{-*seconds, 0};
  return util::Timestamp{-*seconds - 1, kSecond - *nanoseconds};
}

struct Records {
  std::optional<std::string> path;
  std::optional<std::string> sparse_name;  ///< of a sparse file, whose `path` is made up
  std::optional<std::string> link_target;
  std::optional<util::Timestamp> mtime;

  void set(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    if (key == "path") path = value;
    if (key == "GNU.sparse.name") sparse_name = value;
    if (key == "linkpath") link_target = value;
    if (key == "mtime") mtime = time_of(value);
  }

  /// pax(1), pax Extended Header: "LENGTH KEY=VALUE\n", where the length is the whole record's.
  void read(std::string_view text) {
    while (!text.empty()) {
      const auto space = text.find(' ');
      if (space == std::string_view::npos) return;
      const auto length = number_of<std::size_t>(text.substr(0, space));
      if (!length || *length > text.size() || *length < space + 2) return;
      const auto record = text.substr(space + 1, *length - space - 2);
      const auto equals = record.find('=');
      if (equals == std::string_view::npos) return;
      set(record.substr(0, equals), record.substr(equals + 1));
      text.remove_prefix(*length);
    }
  }
};

}  // namespace

RawHeader read_raw_header(std::string_view blocks) {
  RawHeader header;
  Records records;
  bool has_long_name = false;
  bool has_long_target = false;
  while (blocks.size() >= kBlock) {
    header.type = blocks[kTypeAt];
    if (kSpecialTypes.find(header.type) == std::string_view::npos) break;
    const std::size_t size = std::min(size_of_content(blocks), blocks.size() - kBlock);
    if (header.type == 'x' || header.type == 'X') records.read(blocks.substr(kBlock, size));
    has_long_name |= header.type == 'L';
    has_long_target |= header.type == 'K';
    const std::size_t padded = (size + kBlock - 1) / kBlock * kBlock;
    blocks.remove_prefix(std::min(blocks.size(), kBlock + padded));
  }
  if (!has_long_name) header.path = records.sparse_name ? records.sparse_name : records.path;
  if (!has_long_target) header.link_target = records.link_target;
  header.mtime = records.mtime;
  return header;
}

}  // namespace lamina::archive
