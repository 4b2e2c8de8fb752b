// SPDX-License-Identifier: Apache-2.0
// Tar archives made by hand, block by block, so that a test can say exactly which bytes a reader meets.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace lamina::archive::test {

using namespace std::string_literals;

inline constexpr std::size_t kBlock = 512;

inline std::string octal(std::uint64_t number, std::size_t width) { return fmt::format("{:0{}o}", number, width - 1); }

/// A number in base 256, two's complement, with the first bit set.
inline std::string base256(std::int64_t number, std::size_t width) {
  std::string field(width, number < 0 ? '\xff' : '\0');
  for (std::size_t i = 0; i < 8; ++i, number >>= 8U) field[width - 1 - i] = static_cast<char>(number & 0xff);
  if (field.size() > 8) field[0] = static_cast<char>(number < 0 ? '\xff' : '\x80');
  if (field.size() == 8) field[0] = static_cast<char>(field[0] | '\x80');
  return field;
}

inline std::string padded(std::string text) {
  text.resize((text.size() + kBlock - 1) / kBlock * kBlock);
  return text;
}

/// Sums up a header block anew.
inline void seal(std::string& block) {
  block.replace(148, 8, "        ");
  const auto sum = std::accumulate(block.begin(), block.begin() + kBlock, 0U,
                                   [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
  block.replace(148, 8, fmt::format("{:06o}{}{}", sum, '\0', ' '));
}

inline const std::string kPosix = "ustar\00000"s;
inline const std::string kGnu = "ustar  \0"s;

struct Header {
  std::string name;
  char type = '0';
  std::string link = {};
  std::string mode = "0000644";
  std::string uid = "0000000";
  std::string gid = "0000000";
  std::string mtime = "00000000000";
  std::string major = {};
  std::string minor = {};
  std::string magic = kPosix;
  std::string prefix = {};
};

inline std::string header(const Header& fields, std::uint64_t size = 0) {
  std::string block(kBlock, '\0');
  const auto put = [&](std::size_t offset, const std::string& text) { block.replace(offset, text.size(), text); };
  put(0, fields.name.substr(0, 100));
  put(100, fields.mode);
  put(108, fields.uid);
  put(116, fields.gid);
  put(124, octal(size, 12));
  put(136, fields.mtime);
  put(156, std::string(1, fields.type));
  put(157, fields.link.substr(0, 100));
  put(257, fields.magic);
  put(329, fields.major);
  put(337, fields.minor);
  put(345, fields.prefix);
  seal(block);
  return block;
}

/// A header with its content behind it.
inline std::string member(const Header& fields, const std::string& content = "") {
  return header(fields, content.size()) + padded(content);
}

inline std::string pax_record(std::string_view key, std::string_view value) {
  const auto rest = key.size() + value.size() + 3;
  auto size = rest;
  while (size != rest + std::to_string(size).size()) size = rest + std::to_string(size).size();
  return fmt::format("{} {}={}\n", size, key, value);
}

/// A PAX header: the records, in this order, of the member that follows.
inline std::string pax(const std::vector<std::pair<std::string, std::string>>& records, char type = 'x') {
  std::string body;
  for (const auto& [key, value] : records) body += pax_record(key, value);
  return member({.name = "PaxHeaders/x", .type = type}, body);
}

/// GNU long name (type L) or link target (type K).
inline std::string gnu_long(char type, const std::string& text) {
  return member({.name = "././@LongLink", .type = type, .magic = kGnu}, text + '\0');
}

inline const std::string kEnd(2 * kBlock, '\0');

}  // namespace lamina::archive::test
