// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_index.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <lamina/archive/entry.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/name.hpp>

#include "libarchive_reader.hpp"
#include "tar_entry.hpp"

namespace lamina::archive {

namespace {

constexpr std::size_t kBufferSize = 16U << 10U;  // headers; what else it takes in has to be read for nothing
constexpr std::size_t kMaxMembers = 2'000'000;   // some 200 bytes of memory each

// A file that can also be passed over.
class SkippableFile final : public util::Source {
public:
  SkippableFile(const util::Fd& fd, const std::string& what) : fd_(fd), what_(what), size_(util::file_size(fd, what)) {}

  std::size_t read(std::span<std::byte> into) override {
    const auto count = util::read_at(fd_, into, offset_, what_);
    offset_ += count;
    return count;
  }

  // Never beyond the end, where libarchive would not notice that something is missing.
  std::uint64_t skip(std::uint64_t size) noexcept {
    const auto count = std::min(size, size_ - std::min(size_, offset_));
    offset_ += count;
    return count;
  }

private:
  const util::Fd& fd_;
  const std::string& what_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
};

// nullopt for a path that leads out of the archive: nothing in it can be meant.
std::optional<std::string> normalised(const std::string& path) {
  try {
    return util::RelPath::parse(path).str();
  } catch (const util::Error&) {
    return std::nullopt;
  }
}

// A hard link names a member, a symbolic link starts from its own directory.
std::optional<std::string> target_of(const Entry& entry, const std::string& path) {
  if (entry.type == EntryType::hardlink || entry.link_target.starts_with('/')) return normalised(entry.link_target);
  return normalised(fmt::format("{}/../{}", path, entry.link_target));
}

}  // namespace

std::map<std::string, TarMember> index_tar(const std::shared_ptr<const util::Fd>& file, const std::string& what) {
  SkippableFile source(*file, what);
  LibarchiveReader reader(source, kBufferSize, what, [&](std::uint64_t size) { return source.skip(size); });
  archive_read_support_format_tar(reader.handle());
  archive_read_support_format_empty(reader.handle());

  std::map<std::string, TarMember> members;
  auto last = members.end();
  // A file with holes has no place of its own in the archive. Of one that is nothing but holes libarchive does not say
  // so: its size leads into what follows.
  const auto drop_if_beyond = [&](std::uint64_t end) {
    if (last != members.end() && last->second.size > end - last->second.offset) members.erase(last);
    last = members.end();
  };
  while (auto* const raw = reader.next()) {
    drop_if_beyond(static_cast<std::uint64_t>(archive_read_header_position(reader.handle())));
    if (members.size() > kMaxMembers) {
      throw util::Error(fmt::format("{} has more than {} members", what, kMaxMembers));
    }
    const bool has_holes = archive_entry_sparse_count(raw) > 0;
    const auto entry = from_libarchive(raw, what);
    const auto path = normalised(entry.path);
    if (!path || has_holes) continue;
    const auto offset = static_cast<std::uint64_t>(archive_filter_bytes(reader.handle(), 0));
    if (entry.type == EntryType::file) {
      last = members.insert_or_assign(*path, TarMember{offset, entry.size, ""}).first;
    } else if (entry.type == EntryType::symlink || entry.type == EntryType::hardlink) {
      if (const auto target = target_of(entry, *path)) members[*path] = {offset, 0, *target};
    }
  }
  drop_if_beyond(util::file_size(*file, what));
  return members;
}

}  // namespace lamina::archive
