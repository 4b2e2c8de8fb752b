// SPDX-License-Identifier: Apache-2.0
#include "tar_stream.hpp"

#include <optional>

#include "tar_maker.hpp"

namespace lamina::model {

namespace {

using namespace archive::test;

constexpr std::size_t kNameField = 100;
constexpr std::size_t kPrefixField = 155;

std::string replaced(const std::string& text, char from, const std::string& to) {
  std::string result;
  for (const char c : text) result += c == from ? to : std::string(1, c);
  return result;
}

/// "a" stays short, "b" leads to paths that ustar splits, "c" is beyond ustar. No name begins with another one, so that
/// paths keep their order.
std::string widened(const std::string& path) {
  return replaced(replaced(path, 'b', std::string(60, 'b')), 'c', std::string(150, 'c'));
}

char type_flag(Kind kind) {
  switch (kind) {
    case Kind::hardlink: return '1';
    case Kind::symlink: return '2';
    case Kind::character_device: return '3';
    case Kind::block_device: return '4';
    case Kind::directory: return '5';
    case Kind::fifo: return '6';
    case Kind::file:
    case Kind::whiteout:
    case Kind::opaque: break;
  }
  return '0';
}

std::string name_of(const Entry& entry) {
  const std::size_t last = entry.path.rfind('/') + 1;  // npos + 1 is 0
  if (entry.kind == Kind::whiteout) return entry.path.substr(0, last) + ".wh." + entry.path.substr(last);
  if (entry.kind == Kind::opaque) return entry.path.empty() ? ".wh..wh..opq" : entry.path + "/.wh..wh..opq";
  return entry.path;
}

bool fits_ustar(const std::string& name, Header& fields) {
  if (name.size() <= kNameField) {
    fields.name = name;
    return true;
  }
  for (std::size_t slash = name.find('/', 1); slash < name.size() - 1; slash = name.find('/', slash + 1)) {
    if (slash > kPrefixField || name.size() - slash - 1 > kNameField) continue;
    fields.prefix = name.substr(0, slash);
    fields.name = name.substr(slash + 1);
    return true;
  }
  fields.name = "too long";
  return false;
}

std::string decimal(const util::Timestamp& time) {
  if (time.nanoseconds == 0) return std::to_string(time.seconds);
  if (time.seconds >= 0) return fmt::format("{}.{:09}", time.seconds, time.nanoseconds);
  return fmt::format("-{}.{:09}", -(time.seconds + 1), 1'000'000'000 - time.nanoseconds);
}

}  // namespace

Entry representable(Entry entry, Format format) {
  entry.path = widened(entry.path);
  entry.target = widened(entry.target);
  auto& [seconds, nanoseconds] = entry.metadata.mtime;
  if (format != Format::pax) nanoseconds = 0;
  if (format != Format::pax) entry.metadata.xattrs.clear();
  if (format == Format::ustar && seconds < 0) seconds = -seconds;
  return entry;
}

std::string TarStream::spell(std::string path) {
  switch (below(8)) {
    case 0: return "./" + path;
    case 1: return "/" + path;
    case 2: return replaced(path, '/', "//");
    case 3: return replaced(path, '/', "/./");
    case 4: return "x/../" + path;
    case 5: return replaced(path, '/', "/x/../");
    default: return path;
  }
}

void TarStream::append(const std::string& member) {
  bytes_ += member;
  boundaries_.push_back(bytes_.size());
}

void TarStream::add(const Entry& entry, Format format) {
  const bool is_link = entry.kind == Kind::symlink || entry.kind == Kind::hardlink;
  std::string name = spell(name_of(entry));
  if (entry.kind == Kind::directory && below(2) == 0) name += '/';
  const std::string link = !is_link ? "" : entry.kind == Kind::hardlink ? spell(entry.target) : entry.target;
  const util::Metadata& metadata = entry.metadata;

  Header fields{
      .name = "", .type = type_flag(entry.kind), .link = link, .magic = format == Format::gnu ? kGnu : kPosix};
  const bool has_prefix = format != Format::gnu;
  const bool fits = has_prefix ? fits_ustar(name, fields) : name.size() <= kNameField;
  if (!has_prefix) fields.name = name;
  fields.mode = octal(metadata.mode, 8);
  fields.uid = octal(metadata.uid, 8);
  fields.gid = format == Format::gnu && below(2) == 0 ? base256(metadata.gid, 8) : octal(metadata.gid, 8);
  const std::int64_t seconds = metadata.mtime.seconds;
  fields.mtime = seconds < 0 ? format == Format::gnu ? base256(seconds, 12) : octal(0, 12)
                             : octal(static_cast<std::uint64_t>(seconds), 12);
  if (entry.kind == Kind::character_device || entry.kind == Kind::block_device) {
    fields.major = octal(metadata.rdev.major, 8);
    fields.minor = octal(metadata.rdev.minor, 8);
  }

  std::string extended;
  std::vector<std::pair<std::string, std::string>> records;
  if (format == Format::gnu) {
    if (!fits || below(4) == 0) extended += gnu_long('L', name);
    if (link.size() > kNameField || (is_link && below(4) == 0)) extended += gnu_long('K', link);
  } else {
    if (!fits || (format == Format::pax && below(4) == 0)) records.emplace_back("path", name);
    if (link.size() > kNameField) records.emplace_back("linkpath", link);
  }
  if (format == Format::pax) {
    records.emplace_back("mtime", decimal(metadata.mtime));
    if (below(4) == 0) records.emplace_back("uid", std::to_string(metadata.uid));
    for (const auto& [key, value] : metadata.xattrs) records.emplace_back("SCHILY.xattr." + key, value);
  }
  if (!records.empty()) extended += pax(records);
  append(extended + member(fields, entry.kind == Kind::file ? entry.content : ""));
}

void TarStream::add_raw(const std::string& name) {
  append(gnu_long('L', name) + member({.name = "long", .magic = kGnu}));
}

void TarStream::add_noise() {
  switch (below(6)) {
    case 0: append(member({.name = "./", .type = '5'})); break;
    case 1: append(member({.name = ".wh..wh.plnk/1.2"}, "x")); break;
    case 2: append(member({.name = "a/.wh..wh.aufs", .type = '5'})); break;
    case 3: bytes_ += pax({{"comment", "of all"}}, 'g'); break;
    default: break;
  }
}

void TarStream::add_end() { bytes_ += kEnd; }

}  // namespace lamina::model
