// SPDX-License-Identifier: Apache-2.0
#include "tar_parser.hpp"

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::archive {

namespace {

// A path has no limit of its own, and each of the attributes among the PAX records may have 64 KiB (xattr(7)).
constexpr std::uint64_t kMaxSpecial = 16U << 20U;

}  // namespace

TarParser::TarParser(util::Source& source, std::string what, std::size_t buffer_size, std::uint64_t start)
    : stream_(source, buffer_size, start), what_(std::move(what)) {}

template <typename Decode>
auto TarParser::decoded(Decode decode) const {
  try {
    return decode();
  } catch (const util::Error& error) {
    damaged(error.what());
  }
}

std::optional<Entry> TarParser::next() {
  skip(stored_ + padding_);
  stored_ = padding_ = 0;
  SpecialHeaders special;
  while (const auto header = next_header()) {
    switch (header->type()) {
      case 'x':
      case 'X':  // Solaris
        special.pax = read_special(*header);
        break;
      case 'L': special.long_path = read_special(*header); break;
      case 'K': special.long_link = read_special(*header); break;
      case 'g':  // Go's archive/tar, and so every container tool, does not apply global records either
      case 'A':  // Solaris ACL
      case 'V':  // GNU volume label
        skip(padded(size_of(*header)));
        continue;
      default: return begin_member(*header, special);
    }
    special.is_present = true;
  }
  if (special.is_present) truncated();
  return std::nullopt;
}

std::optional<TarReader::Block> TarParser::next_block() {
  if (extent_ == extents_.size()) return std::nullopt;
  auto& extent = extents_[extent_];
  const auto data = stream_.take(extent.length);
  if (data.empty()) truncated();
  const TarReader::Block block{extent.offset, data};
  extent.offset += data.size();
  extent.length -= data.size();
  stored_ -= data.size();
  if (extent.length == 0) ++extent_;
  return block;
}

std::optional<TarHeader> TarParser::next_header() {
  if (is_finished_) return std::nullopt;
  header_offset_ = stream_.position();
  // A stream may also end between two members, without the end marker.
  is_finished_ = stream_.peek(kTarBlock).empty();
  if (is_finished_) return std::nullopt;
  const TarHeader header(take_block());
  is_finished_ = header.is_zero();
  if (is_finished_) return std::nullopt;
  if (!header.has_valid_checksum()) {
    if (header_offset_ == 0) throw util::Error(fmt::format("{} is not a tar archive", what_));
    damaged("its checksum is wrong");
  }
  return header;
}

Entry TarParser::begin_member(const TarHeader& header, const SpecialHeaders& special) {
  auto member = decoded([&] { return decode_member(header, special); });
  if (!has_content(header, member)) member.stored = 0;
  padding_ = padded(member.stored) - member.stored;
  stored_ = member.stored;
  is_sparse_ = member.sparse.has_value();
  extents_.clear();
  extent_ = 0;
  if (member.entry.type != EntryType::file) return std::move(member.entry);

  std::vector<std::uint64_t> numbers{0, stored_};
  if (auto& sparse = member.sparse) {
    numbers = std::move(sparse->numbers);
    if (sparse->is_extended) read_more_pairs(numbers);
    if (sparse->has_lines) stored_ -= read_lines(stored_, numbers);
  }
  auto extents = make_extents(numbers, stored_, member.entry.size);
  if (!extents) damaged("its sparse map is wrong");
  extents_ = std::move(*extents);
  return std::move(member.entry);
}

bool TarParser::has_content(const TarHeader& header, const TarMemberHeader& member) {
  switch (member.entry.type) {
    case EntryType::file: return true;
    // POSIX lets a link carry the content of its file, older archives state a size and have none: what follows tells.
    case EntryType::hardlink: {
      if (member.stored == 0) return false;
      const auto block = stream_.peek(kTarBlock);
      if (block.size() < kTarBlock) return !block.empty();
      const TarHeader next(block);
      return !next.is_zero() && !next.has_valid_checksum();
    }
    default: return header.type() == 'D';
  }
}

std::string TarParser::read_special(const TarHeader& header) {
  const auto size = size_of(header);
  if (size > kMaxSpecial) damaged("its PAX header or name is too long");
  std::string body;
  while (body.size() < size) {
    const auto piece = stream_.take(size - body.size());
    if (piece.empty()) truncated();
    body.append(util::as_text(piece));
  }
  skip(padded(size) - size);
  return body;
}

void TarParser::read_more_pairs(std::vector<std::uint64_t>& numbers) {
  for (bool is_extended = true; is_extended;) {
    const TarHeader block(take_block());
    is_extended = block.raw(tar_field::gnu_more_is_extended)[0] != '\0';
    if (!append_sparse_pairs(block.raw(tar_field::gnu_more_sparse), numbers) || numbers.size() > kMaxSparseNumbers) {
      damaged("its sparse map is malformed");
    }
  }
}

std::uint64_t TarParser::read_lines(std::uint64_t stored, std::vector<std::uint64_t>& numbers) {
  numbers.clear();
  std::optional<std::uint64_t> wanted;  // twice the number in the first line
  std::uint64_t number = 0;
  std::uint64_t used = 0;
  while (!wanted || numbers.size() < *wanted) {
    if (stored - used < kTarBlock) damaged("its sparse map is malformed");
    used += kTarBlock;
    for (const char c : util::as_text(take_block())) {
      if (c >= '0' && c <= '9' && number < (std::uint64_t{1} << 59U)) {
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
        continue;
      }
      if (c != '\n' || (!wanted && number > kMaxSparseNumbers / 2)) damaged("its sparse map is malformed");
      if (wanted) {
        numbers.push_back(number);
      } else {
        wanted = 2 * number;
      }
      number = 0;
      if (numbers.size() == *wanted) break;  // zeros fill the block
    }
  }
  return used;
}

std::uint64_t TarParser::size_of(const TarHeader& header) const {
  return decoded([&] { return decode_size(header, tar_field::size); });
}

util::Bytes TarParser::take_block() {
  if (stream_.peek(kTarBlock).size() < kTarBlock) truncated();
  return stream_.take(kTarBlock);
}

void TarParser::skip(std::uint64_t size) {
  while (size > 0) {
    const auto piece = stream_.take(size);
    if (piece.empty()) truncated();
    size -= piece.size();
  }
}

void TarParser::damaged(std::string_view reason) const {
  throw util::Error(fmt::format("{} has a damaged member at byte {}: {}", what_, header_offset_, reason));
}

void TarParser::truncated() const {
  throw util::Error(fmt::format("{} is truncated: it ends at byte {}, within a member", what_, stream_.position()));
}

}  // namespace lamina::archive
