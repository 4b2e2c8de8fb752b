// SPDX-License-Identifier: Apache-2.0
#include "tar_member.hpp"

#include <limits>

#include <fmt/format.h>
#include <sys/stat.h>

#include <lamina/util/error.hpp>

#include "pax.hpp"
#include "sparse_map.hpp"

namespace lamina::archive {

namespace {

using util::Error;

// Padding and positions must not overflow.
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 62U;

struct TypeRule {
  EntryType type;
  std::uint32_t mode;
};

TypeRule find_type(const TarHeader& header) {
  switch (const char flag = header.type()) {
    case '\0':  // before POSIX
    case '0':
    case '7':  // contiguous
      return {EntryType::file, S_IFREG};
    case 'S':
      if (!header.is_gnu()) throw Error("it is sparse in an unknown format");
      return {EntryType::file, S_IFREG};
    case '1': return {EntryType::hardlink, S_IFREG};
    case '2': return {EntryType::symlink, S_IFLNK};
    case '3': return {EntryType::character_device, S_IFCHR};
    case '4': return {EntryType::block_device, S_IFBLK};
    case '5':
    case 'D':  // GNU, with a list of names for content
      return {EntryType::directory, S_IFDIR};
    case '6': return {EntryType::fifo, S_IFIFO};
    default: throw Error(fmt::format("its type '{}' is unknown", util::printable({&flag, 1})));
  }
}

std::int64_t decode_number(const TarHeader& header, TarField field) {
  const auto number = parse_tar_number(header.raw(field));
  if (!number) throw Error("a number in its header is malformed");
  return *number;
}

std::uint32_t to_32_bits(std::int64_t number, std::string_view meaning) {
  if (number < 0 || number > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(fmt::format("its {} {} is out of range", meaning, number));
  }
  return static_cast<std::uint32_t>(number);
}

std::uint64_t to_size(std::int64_t number) {
  if (number < 0 || static_cast<std::uint64_t>(number) > kMaxSize) throw Error("its size is out of range");
  return static_cast<std::uint64_t>(number);
}

std::int64_t pax_number(std::string_view key, std::string_view value) {
  const auto number = parse_pax_number(value);
  if (!number) throw Error(fmt::format("its PAX record {} is not a number", util::printable(key)));
  return static_cast<std::int64_t>(*number);
}

SparseHeader decode_gnu_sparse(const TarHeader& header) {
  SparseHeader sparse;
  sparse.real_size = decode_size(header, tar_field::gnu_real_size);
  sparse.is_extended = header.raw(tar_field::gnu_is_extended)[0] != '\0';
  if (!append_sparse_pairs(header.raw(tar_field::gnu_sparse), sparse.numbers)) throw Error("its sparse map is malformed");
  return sparse;
}

void apply_sparse(std::string_view name, std::string_view value, SparseHeader& sparse, std::string& path) {
  const auto number = [&] { return static_cast<std::uint64_t>(pax_number(name, value)); };
  auto& numbers = sparse.numbers;
  if (name == "name") {
    path = value;
  } else if (name == "size" || name == "realsize") {
    sparse.real_size = to_size(pax_number(name, value));
  } else if (name == "map") {
    auto list = parse_sparse_list(value);
    if (!list) throw Error("its sparse map is malformed");
    numbers = std::move(*list);
  } else if (name == "offset" || name == "numbytes") {
    if ((name == "offset") != (numbers.size() % 2 == 0)) throw Error("its sparse map is malformed");
    numbers.push_back(number());
  } else if (name == "major") {
    if (number() > 1) throw Error("it is sparse in an unknown format");
    sparse.has_lines = number() == 1;
  } else if (name == "minor" && sparse.has_lines && number() != 0) {
    throw Error("it is sparse in an unknown format");
  }
}

void apply_records(std::string_view pax, TarMemberHeader& member) {
  const auto records = parse_pax(pax);
  if (!records) throw Error("its PAX header is malformed");
  auto& [entry, stored, sparse] = member;
  auto& metadata = entry.metadata;
  std::string sparse_path;  // wins over "path", which is then a name for tools that do not know the format
  for (const auto& [key, value] : *records) {
    if (key.starts_with(kSchilyXattr)) {
      metadata.xattrs[std::string(key.substr(kSchilyXattr.size()))] = value;
    } else if (key.starts_with(kLibarchiveXattr)) {
      auto decoded = decode_base64(value);
      if (!decoded) throw Error("an extended attribute is malformed");
      metadata.xattrs[decode_percent(key.substr(kLibarchiveXattr.size()))] = std::move(*decoded);
    } else if (key == "RHT.security.selinux") {
      metadata.xattrs["security.selinux"] = value;
    } else if (value.empty()) {
      continue;  // pax(1): the header's own field counts
    } else if (key.starts_with(kGnuSparse)) {
      if (!sparse) sparse.emplace();
      apply_sparse(key.substr(kGnuSparse.size()), value, *sparse, sparse_path);
    } else if (key == "path") {
      entry.path = value;
    } else if (key == "linkpath") {
      entry.link_target = value;
    } else if (key == "size") {
      stored = to_size(pax_number(key, value));
    } else if (key == "uid") {
      metadata.uid = to_32_bits(pax_number(key, value), "owner");
    } else if (key == "gid") {
      metadata.gid = to_32_bits(pax_number(key, value), "group");
    } else if (key == "mtime") {
      const auto time = parse_pax_time(value);
      if (!time) throw Error("its mtime is malformed");
      metadata.mtime = *time;
    } else if (key == "SUN.holesdata" || key == "SCHILY.realsize") {
      throw Error("it is sparse in an unknown format");
    }
  }
  if (!sparse_path.empty()) entry.path = std::move(sparse_path);
}

std::string joined_path(const TarHeader& header) {
  const auto prefix = header.prefix();
  const auto name = header.text(tar_field::name);
  return prefix.empty() ? std::string(name) : fmt::format("{}/{}", prefix, name);
}

// Long names may carry their closing NUL.
std::string until_nul(const std::string& text) { return text.substr(0, text.find('\0')); }

void check_names(const Entry& entry) {
  const bool is_link = entry.type == EntryType::symlink || entry.type == EntryType::hardlink;
  if (is_link && entry.link_target.empty()) throw Error("it is a link without a target");
  if (entry.path.find('\0') != std::string::npos || entry.link_target.find('\0') != std::string::npos) {
    throw Error("its name holds a NUL");
  }
}

}  // namespace

TarMemberHeader decode_member(const TarHeader& header, const SpecialHeaders& special) {
  TarMemberHeader member;
  auto& entry = member.entry;
  auto& metadata = entry.metadata;
  const auto rule = find_type(header);
  entry.type = rule.type;
  entry.path = special.long_path.empty() ? joined_path(header) : until_nul(special.long_path);
  entry.link_target = special.long_link.empty() ? header.text(tar_field::link) : until_nul(special.long_link);
  member.stored = decode_size(header, tar_field::size);
  metadata.mtime.seconds = decode_number(header, tar_field::mtime);
  metadata.uid = to_32_bits(decode_number(header, tar_field::uid), "owner");
  metadata.gid = to_32_bits(decode_number(header, tar_field::gid), "group");
  metadata.mode = (static_cast<std::uint32_t>(decode_number(header, tar_field::mode)) & 07777U) | rule.mode;
  if (rule.type == EntryType::character_device || rule.type == EntryType::block_device) {
    metadata.rdev = {to_32_bits(decode_number(header, tar_field::dev_major), "device number"),
                     to_32_bits(decode_number(header, tar_field::dev_minor), "device number")};
  }
  if (header.type() == 'S') member.sparse = decode_gnu_sparse(header);
  apply_records(special.pax, member);

  if (entry.type == EntryType::file && entry.path.ends_with('/')) {  // as tar before POSIX said it
    entry.type = EntryType::directory;
    metadata.mode = (metadata.mode & 07777U) | S_IFDIR;
  }
  check_names(entry);
  if (entry.type != EntryType::file) member.sparse.reset();
  if (entry.type == EntryType::file) entry.size = member.sparse ? member.sparse->real_size : member.stored;
  if (entry.type != EntryType::symlink && entry.type != EntryType::hardlink) entry.link_target.clear();
  return member;
}

std::uint64_t decode_size(const TarHeader& header, TarField field) { return to_size(decode_number(header, field)); }

}  // namespace lamina::archive
