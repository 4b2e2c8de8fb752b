// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_index.hpp>

#include <optional>

#include <fmt/format.h>

#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

#include "tar_parser.hpp"

namespace lamina::archive {

namespace {

constexpr std::size_t kBufferSize = 8U << 10U;  // holds a member's headers; contents are passed over

// nullopt for a path that leads out of the archive: nothing in it can be meant.
std::optional<std::string> normalised(const std::string& path) {
  try {
    return util::RelPath::parse(path).str();
  } catch (const util::Error&) {
    return std::nullopt;
  }
}

// A hard link names a member, a symbolic link starts from its own directory.
std::optional<std::string> link_target(const Entry& entry, const std::string& path) {
  if (entry.type == EntryType::hardlink || entry.link_target.starts_with('/')) return normalised(entry.link_target);
  return normalised(fmt::format("{}/../{}", path, entry.link_target));
}

void add_member(std::map<std::string, TarMember>& members, const Entry& entry, std::uint64_t offset) {
  const auto path = normalised(entry.path);
  if (!path) return;
  if (entry.type == EntryType::file) {
    members[*path] = {offset, entry.size, ""};
  } else if (entry.type == EntryType::symlink || entry.type == EntryType::hardlink) {
    const auto target = link_target(entry, *path);
    if (target) members[*path] = {offset, 0, *target};
  }
}

}  // namespace

std::map<std::string, TarMember> index_tar(const std::shared_ptr<const util::Fd>& file, const std::string& what) {
  std::map<std::string, TarMember> members;
  const auto size = util::file_size(*file, what);
  for (std::uint64_t offset = 0;;) {
    util::FileSource source(file, offset, size - offset, what);
    TarParser parser(source, what, kBufferSize, offset);
    const auto entry = parser.next();
    if (!entry) return members;
    if (!parser.is_sparse()) add_member(members, *entry, parser.content_offset());
    offset = parser.end_offset();
    if (offset > size) throw util::Error(fmt::format("{} is truncated: {} bytes are missing at its end", what, offset - size));
  }
}

}  // namespace lamina::archive
