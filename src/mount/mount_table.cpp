// SPDX-License-Identifier: Apache-2.0
#include "mount_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ranges>

#include <lamina/util/root_dir.hpp>
#include <lamina/util/source.hpp>

namespace lamina::mount {
namespace {

/// mountinfo writes blank, tab, newline and backslash as \ and three octal digits.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string_view mountinfo) {
  // 36 35 98:0 /root /mount/point rw,noatime shared:1 - type source rw
  std::vector<MountEntry> entries;
  for (const auto line : std::views::split(mountinfo, '\n')) {
    std::vector<std::string_view> fields;
    for (const auto field : std::views::split(line, ' ')) fields.emplace_back(field.begin(), field.end());
    const auto dash = std::ranges::find(fields, std::string_view("-"));
    if (fields.size() < 5 || fields.end() - dash < 2) continue;
    entries.push_back({unescape(fields[4]), unescape(*(dash + 1))});
  }
  return entries;
}

std::optional<MountEntry> find_mount(std::string_view directory) {
  constexpr std::uint64_t kLimit = 64U << 20U;
  util::FdSource table(util::RootDir::open("/proc/self").open_file("mountinfo"), "the mount table");
  std::optional<MountEntry> top;
  for (auto& entry : parse_mount_table(util::read_all(table, kLimit, "the mount table"))) {
    if (entry.mountpoint == directory) top = std::move(entry);
  }
  return top;
}

std::optional<std::string> find_real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::optional<std::string>(real.get()) : std::nullopt;
}

}  // namespace lamina::mount
