// SPDX-License-Identifier: Apache-2.0
// TarParser: the members of a tar stream and their contents, for TarReader and index_tar. It is written here rather
// than taken from libarchive 3.6, which passes PAX names through the locale's character set (UTF-8: they are
// normalised to NFC; C: U+E0000 to U+E007F vanish), reads a time of "-1.5" as -0.5, and answers a malformed header
// with a warning and a wrong name. A layer's names are bytes, and what cannot be read must not look like success.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lamina/archive/tar_reader.hpp>

#include "sparse_map.hpp"
#include "tar_header.hpp"
#include "tar_member.hpp"
#include "tar_stream.hpp"

namespace lamina::archive {

class TarParser {
public:
  /// `start` is the source's place in the archive, for positions and messages.
  TarParser(util::Source& source, std::string what, std::size_t buffer_size, std::uint64_t start = 0);

  std::optional<Entry> next();
  std::optional<TarReader::Block> next_block();

  // Of the current member, as long as none of its content has been read:
  std::uint64_t content_offset() const noexcept { return stream_.position(); }
  std::uint64_t end_offset() const noexcept { return stream_.position() + stored_ + padding_; }
  bool is_sparse() const noexcept { return is_sparse_; }

private:
  std::optional<TarHeader> next_header();
  Entry begin_member(const TarHeader& header, const SpecialHeaders& special);
  bool has_content(const TarHeader& header, const TarMemberHeader& member);
  std::string read_special(const TarHeader& header);
  void read_more_pairs(std::vector<std::uint64_t>& numbers);
  /// Returns how many bytes of the content the lines of format 1.0 take.
  std::uint64_t read_lines(std::uint64_t stored, std::vector<std::uint64_t>& numbers);

  /// What `decode` returns; its Error, which gives the reason alone, gets the place added.
  template <typename Decode>
  auto decoded(Decode decode) const;
  std::uint64_t size_of(const TarHeader& header) const;
  /// Exactly one block.
  util::Bytes take_block();
  void skip(std::uint64_t size);
  [[noreturn]] void damaged(std::string_view reason) const;
  [[noreturn]] void truncated() const;

  TarStream stream_;
  std::string what_;
  std::uint64_t header_offset_ = 0;  ///< of the header block read last
  bool is_finished_ = false;

  std::vector<Extent> extents_;  ///< of the current member's content
  std::size_t extent_ = 0;       ///< the first of them with bytes left to read
  std::uint64_t stored_ = 0;     ///< bytes of content left to read
  std::uint64_t padding_ = 0;    ///< bytes that follow them
  bool is_sparse_ = false;
};

}  // namespace lamina::archive
