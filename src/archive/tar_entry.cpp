// SPDX-License-Identifier: Apache-2.0
#include "tar_entry.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <archive.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <lamina/util/error.hpp>

namespace lamina::archive {

namespace {

using util::Error;

constexpr std::uint32_t kSecond = 1'000'000'000;

std::string as_string(const char* text) { return text == nullptr ? "" : text; }

std::optional<EntryType> find_type(archive_entry* entry, const RawHeader& raw) noexcept {
  if (archive_entry_hardlink(entry) != nullptr || (raw.type == '1' && raw.link_target)) return EntryType::hardlink;
  return find_entry_type(archive_entry_filetype(entry));
}

std::uint32_t type_bits(EntryType type) noexcept {
  switch (type) {
    case EntryType::directory: return S_IFDIR;
    case EntryType::symlink: return S_IFLNK;
    case EntryType::character_device: return S_IFCHR;
    case EntryType::block_device: return S_IFBLK;
    case EntryType::fifo: return S_IFIFO;
    case EntryType::file:
    case EntryType::hardlink: break;
  }
  return S_IFREG;
}

// libarchive takes the sign of a time for its seconds alone, in both directions: "-1.5" is -1 s and +0.5 s to it.
// (So the half second before the epoch, "-0.5", is out of its reach, and comes out as after it.)
util::Timestamp from_sign_of_seconds(std::int64_t seconds, std::uint32_t nanoseconds) noexcept {
  if (seconds >= 0 || nanoseconds == 0) return {seconds, nanoseconds};
  return {seconds - 1, kSecond - nanoseconds};
}

util::Timestamp to_sign_of_seconds(const util::Timestamp& time) noexcept {
  if (time.seconds >= 0 || time.nanoseconds == 0) return time;
  if (time.seconds == -1) return {-1, 0};
  return {time.seconds + 1, kSecond - time.nanoseconds};
}

template <typename Number>
std::uint32_t to_32_bits(Number number, std::string_view meaning) {
  if (std::in_range<std::uint32_t>(number)) return static_cast<std::uint32_t>(number);
  throw Error(fmt::format("its {} {} is out of range", meaning, number));
}

util::Xattrs read_xattrs(archive_entry* entry) {
  util::Xattrs xattrs;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(entry);
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    // The last one in the archive comes first, and counts.
    xattrs.try_emplace(name, static_cast<const char*>(value), size);
  }
  return xattrs;
}

Entry convert(archive_entry* from, const RawHeader& raw) {
  const auto type = find_type(from, raw);
  if (!type) throw Error("its type is unknown");
  Entry to;
  to.type = *type;
  to.path = raw.path.value_or(as_string(archive_entry_pathname(from)));
  if (*type == EntryType::symlink) to.link_target = raw.link_target.value_or(as_string(archive_entry_symlink(from)));
  if (*type == EntryType::hardlink) to.link_target = raw.link_target.value_or(as_string(archive_entry_hardlink(from)));
  if (*type == EntryType::file && archive_entry_size(from) < 0) throw Error("its size is negative");
  if (*type == EntryType::file) to.size = static_cast<std::uint64_t>(archive_entry_size(from));

  auto& metadata = to.metadata;
  metadata.mode = type_bits(*type) | (archive_entry_perm(from) & 07777U);
  metadata.uid = to_32_bits(archive_entry_uid(from), "owner");
  metadata.gid = to_32_bits(archive_entry_gid(from), "group");
  metadata.mtime = raw.mtime.value_or(
      from_sign_of_seconds(archive_entry_mtime(from), static_cast<std::uint32_t>(archive_entry_mtime_nsec(from))));
  if (*type == EntryType::character_device || *type == EntryType::block_device) {
    metadata.rdev = {to_32_bits(archive_entry_rdevmajor(from), "device number"),
                     to_32_bits(archive_entry_rdevminor(from), "device number")};
  }
  metadata.xattrs = read_xattrs(from);
  return to;
}

bool is_plain(char c) noexcept { return c > ' ' && c < '\x7f' && c != '%' && c != '='; }

void check_writable(const Entry& entry) {
  const auto refuse = [&](std::string_view why) {
    throw Error(fmt::format("{} cannot be archived: {}", util::printable(entry.path), why));
  };
  if (entry.path.empty()) refuse("its name is empty");
  if (entry.path.find('\0') != std::string::npos || entry.link_target.find('\0') != std::string::npos) {
    refuse("its name holds a NUL");
  }
  for (const auto& [name, value] : entry.metadata.xattrs) {
    // libarchive writes other names with percent signs, as another name to those who read the archive.
    if (!std::ranges::all_of(name, is_plain)) {
      refuse(fmt::format("libarchive cannot write the name of its extended attribute \"{}\"", util::printable(name)));
    }
  }
}

}  // namespace

std::optional<EntryType> find_entry_type(std::uint32_t mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG: return EntryType::file;
    case S_IFDIR: return EntryType::directory;
    case S_IFLNK: return EntryType::symlink;
    case S_IFCHR: return EntryType::character_device;
    case S_IFBLK: return EntryType::block_device;
    case S_IFIFO: return EntryType::fifo;
    default: return std::nullopt;
  }
}

Entry from_libarchive(archive_entry* entry, std::string_view what, const RawHeader& raw) {
  try {
    return convert(entry, raw);
  } catch (const Error& error) {
    const auto path = as_string(archive_entry_pathname(entry));
    throw Error(fmt::format("{}: {} cannot be read: {}", what, util::printable(path), error.what()));
  }
}

void to_libarchive(const Entry& entry, archive_entry* to) {
  check_writable(entry);
  archive_entry_copy_pathname(to, entry.path.c_str());
  if (entry.type == EntryType::hardlink) archive_entry_copy_hardlink(to, entry.link_target.c_str());
  if (entry.type == EntryType::symlink) archive_entry_copy_symlink(to, entry.link_target.c_str());
  if (entry.type == EntryType::file) archive_entry_set_size(to, static_cast<la_int64_t>(entry.size));

  const auto& metadata = entry.metadata;
  archive_entry_set_mode(to, type_bits(entry.type) | (metadata.mode & 07777U));
  archive_entry_set_uid(to, metadata.uid);
  archive_entry_set_gid(to, metadata.gid);
  const auto mtime = to_sign_of_seconds(metadata.mtime);
  archive_entry_set_mtime(to, mtime.seconds, mtime.nanoseconds);
  archive_entry_set_rdevmajor(to, metadata.rdev.major);
  archive_entry_set_rdevminor(to, metadata.rdev.minor);
  // libarchive writes them last first.
  for (auto xattr = metadata.xattrs.rbegin(); xattr != metadata.xattrs.rend(); ++xattr) {
    archive_entry_xattr_add_entry(to, xattr->first.c_str(), xattr->second.data(), xattr->second.size());
  }
}

}  // namespace lamina::archive
