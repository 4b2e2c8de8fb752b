// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include <lamina/layer/overlay_marks.hpp>
#include <lamina/util/error.hpp>

namespace lamina::layer {

namespace {

struct Type {
  std::string_view word;
  std::uint32_t bits;
};
constexpr std::array<Type, 7> kTypes{{{"file", S_IFREG},
                                      {"dir", S_IFDIR},
                                      {"symlink", S_IFLNK},
                                      {"pipe", S_IFIFO},
                                      {"socket", S_IFSOCK},
                                      {"char", S_IFCHR},
                                      {"block", S_IFBLK}}};

constexpr std::uint32_t kPermissions = 07777;
constexpr std::uint32_t kMaxMode = 0177777;
constexpr std::uint32_t kNoOwner = std::numeric_limits<std::uint32_t>::max();  // chown(2): "leave it as it is"

constexpr bool is_device(std::uint32_t mode) noexcept { return S_ISCHR(mode) || S_ISBLK(mode); }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

/// Digits and nothing else.
std::optional<std::uint32_t> number(std::string_view text, int base) noexcept {
  std::uint32_t result = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, result, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return result;
}

std::optional<std::uint32_t> owner(std::string_view text) noexcept {
  const auto id = number(text, 10);
  return id == kNoOwner ? std::nullopt : id;
}

/// Puts "dir" or "char-1-3" into `stat`; false when it is no such thing.
bool read_type(std::string_view text, RecordedStat& stat) {
  const auto parts = split(text, '-');
  const auto type = std::ranges::find(kTypes, parts.front(), &Type::word);
  if (type == kTypes.end()) return false;
  stat.mode |= type->bits;
  if (!is_device(type->bits)) return parts.size() == 1;
  if (parts.size() != 3) return false;
  const auto major = number(parts[1], 10);
  const auto minor = number(parts[2], 10);
  if (!major || !minor) return false;
  stat.rdev = {*major, *minor};
  return true;
}

std::optional<RecordedStat> find_recorded_stat(std::string_view value) {
  const auto fields = split(value, ':');
  if (fields.size() != 3 && fields.size() != 4) return std::nullopt;
  const auto uid = owner(fields[0]);
  const auto gid = owner(fields[1]);
  const auto mode = number(fields[2], 8);
  if (!uid || !gid || !mode || *mode > kMaxMode) return std::nullopt;
  RecordedStat stat{*uid, *gid, *mode & kPermissions, {}};
  if (fields.size() == 4 && !read_type(fields[3], stat)) return std::nullopt;
  return stat;
}

}  // namespace

RecordedStat parse_recorded_stat(std::string_view value) {
  if (const auto stat = find_recorded_stat(value)) return *stat;
  throw util::Error(
      fmt::format("'{}' in {} is no owner and mode", util::printable(value.substr(0, 100)), kRecordedStatName));
}

std::string format_recorded_stat(const RecordedStat& stat) {
  std::string value = fmt::format("{}:{}:{:04o}", stat.uid, stat.gid, stat.mode & kPermissions);
  if (const std::uint32_t bits = stat.mode & ~kPermissions; bits != 0) {
    const auto type = std::ranges::find(kTypes, bits, &Type::bits);
    value.append(":").append(type == kTypes.end() ? "" : type->word);
    if (is_device(bits)) value += fmt::format("-{}-{}", stat.rdev.major, stat.rdev.minor);
  }
  if (find_recorded_stat(value) != stat) throw util::Error(fmt::format("'{}' cannot be recorded", value), EINVAL);
  return value;
}

}  // namespace lamina::layer
