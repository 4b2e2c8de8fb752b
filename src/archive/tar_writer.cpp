// SPDX-License-Identifier: Apache-2.0
// POSIX.1-2017 pax(1): a ustar header for each member, and before it a PAX header for what does not fit in there.
#include <lamina/archive/tar_writer.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "pax.hpp"
#include "tar_header.hpp"

namespace lamina::archive {

namespace {

using util::Error;

constexpr std::size_t kBufferSize = 256U << 10U;
constexpr std::string_view kPaxName = "PaxHeaders/entry";  // of no meaning to those who read PAX

char type_flag(EntryType type) noexcept {
  switch (type) {
    case EntryType::file: break;
    case EntryType::hardlink: return '1';
    case EntryType::symlink: return '2';
    case EntryType::character_device: return '3';
    case EntryType::block_device: return '4';
    case EntryType::directory: return '5';
    case EntryType::fifo: return '6';
  }
  return '0';
}

bool is_device(const Entry& entry) noexcept {
  return entry.type == EntryType::character_device || entry.type == EntryType::block_device;
}

bool is_link(const Entry& entry) noexcept {
  return entry.type == EntryType::symlink || entry.type == EntryType::hardlink;
}

// RFC 3629, section 4.
bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const auto first = byte(i);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0U) != 0x80) return false;
    }
    const auto second = byte(i + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return false;  // overlong; surrogates
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return false;  // overlong; beyond Unicode
    i += length;
  }
  return true;
}

// The largest number of octal digits that leaves room for the closing NUL.
constexpr std::uint64_t limit_of(TarField field) noexcept { return (std::uint64_t{1} << (3 * (field.size - 1))) - 1; }

class HeaderBlock {
public:
  HeaderBlock(std::string_view name, char type) noexcept {
    put(tar_field::name, name);
    put(tar_field::type, {&type, 1});
    put(tar_field::magic, std::string_view("ustar\0" "00", 8));
  }

  void put(TarField field, std::string_view text) noexcept {
    std::ranges::copy(text.substr(0, field.size), bytes_.begin() + static_cast<std::ptrdiff_t>(field.offset));
  }

  void put_number(TarField field, std::uint64_t number) {
    put(field, fmt::format("{:0{}o}", number, field.size - 1));
  }

  util::Bytes finish() {
    // Six digits, a NUL and a blank: so the checksum has been written from the beginning.
    put(tar_field::checksum, fmt::format("{:06o}{}{}", tar_checksum({bytes_.data(), bytes_.size()}), '\0', ' '));
    return std::as_bytes(std::span(bytes_));
  }

private:
  std::array<char, kTarBlock> bytes_{};
};

// One member's header block, and the PAX records for what did not fit into it.
class MemberHeader {
public:
  explicit MemberHeader(const Entry& entry) : block_(entry.path, type_flag(entry.type)) {
    check(entry);
    const auto& metadata = entry.metadata;
    put_text(tar_field::name, "path", entry.path);
    if (is_link(entry)) put_text(tar_field::link, "linkpath", entry.link_target);
    put_number(tar_field::size, "size", entry.type == EntryType::file ? entry.size : 0);
    put_number(tar_field::uid, "uid", metadata.uid);
    put_number(tar_field::gid, "gid", metadata.gid);
    put_time(metadata.mtime);
    block_.put_number(tar_field::mode, metadata.mode & 07777U);
    if (is_device(entry)) {
      block_.put_number(tar_field::dev_major, metadata.rdev.major);
      block_.put_number(tar_field::dev_minor, metadata.rdev.minor);
    }
    for (const auto& [name, value] : metadata.xattrs) records_ += format_pax(fmt::format("{}{}", kSchilyXattr, name), value);
    if (is_binary_) records_.insert(0, format_pax("hdrcharset", "BINARY"));
  }

  util::Bytes block() { return block_.finish(); }
  const std::string& records() const noexcept { return records_; }

private:
  static void check(const Entry& entry) {
    const auto refuse = [&](std::string_view why) {
      throw Error(fmt::format("{} cannot be archived: {}", util::printable(entry.path), why));
    };
    if (entry.path.empty()) refuse("its name is empty");
    if (entry.path.find('\0') != std::string::npos || entry.link_target.find('\0') != std::string::npos) {
      refuse("its name holds a NUL");
    }
    const auto limit = limit_of(tar_field::dev_major);
    if (is_device(entry) && (entry.metadata.rdev.major > limit || entry.metadata.rdev.minor > limit)) {
      refuse("its device number is too large");
    }
    for (const auto& [name, value] : entry.metadata.xattrs) {
      if (name.find('=') != std::string::npos) refuse("the name of an extended attribute holds a '='");
    }
  }

  void put_text(TarField field, std::string_view key, std::string_view text) {
    block_.put(field, text);
    if (text.size() <= field.size) return;
    records_ += format_pax(key, text);
    is_binary_ = is_binary_ || !is_utf8(text);
  }

  void put_number(TarField field, std::string_view key, std::uint64_t number) {
    const bool fits = number <= limit_of(field);
    block_.put_number(field, fits ? number : 0);
    if (!fits) records_ += format_pax(key, fmt::format("{}", number));
  }

  void put_time(const util::Timestamp& time) {
    const bool fits = time.seconds >= 0 && static_cast<std::uint64_t>(time.seconds) <= limit_of(tar_field::mtime);
    block_.put_number(tar_field::mtime, fits ? static_cast<std::uint64_t>(time.seconds) : 0);
    if (!fits || time.nanoseconds != 0) records_ += format_pax("mtime", format_pax_time(time));
  }

  HeaderBlock block_;
  std::string records_;
  bool is_binary_ = false;
};

}  // namespace

struct TarWriter::State {
  util::Sink& sink;
  std::vector<std::byte> buffer = std::vector<std::byte>(kBufferSize);

  void pad(std::uint64_t size) {
    static constexpr std::array<std::byte, kTarBlock> kZeros{};
    sink.write(util::Bytes(kZeros).first(static_cast<std::size_t>(padded(size) - size)));
  }

  void write_records(const std::string& records) {
    HeaderBlock header(kPaxName, 'x');
    for (const auto field : {tar_field::uid, tar_field::gid, tar_field::mtime}) header.put_number(field, 0);
    header.put_number(tar_field::mode, 0644);
    header.put_number(tar_field::size, records.size());
    sink.write(header.finish());
    sink.write(util::as_bytes(records));
    pad(records.size());
  }

  void write_content(const Entry& entry, util::Source* content) {
    std::uint64_t left = entry.size;
    const auto changed = [&](std::string_view how) {
      throw Error(fmt::format("{} is {} than {} bytes", util::printable(entry.path), how, entry.size));
    };
    while (const auto count = content == nullptr ? 0 : content->read(buffer)) {
      if (count > left) changed("longer");
      sink.write({buffer.data(), count});
      left -= count;
    }
    if (left > 0) changed("shorter");
    pad(entry.size);
  }
};

TarWriter::TarWriter(util::Sink& sink) : state_(std::make_unique<State>(State{.sink = sink})) {}

TarWriter::~TarWriter() = default;

void TarWriter::add(const Entry& entry, util::Source* content) {
  MemberHeader header(entry);
  if (!header.records().empty()) state_->write_records(header.records());
  state_->sink.write(header.block());
  if (entry.type == EntryType::file) state_->write_content(entry, content);
}

void TarWriter::finish() {
  constexpr std::array<std::byte, 2 * kTarBlock> kEndMarker{};
  state_->sink.write(kEndMarker);
}

}  // namespace lamina::archive
