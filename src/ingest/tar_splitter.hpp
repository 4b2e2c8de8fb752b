// SPDX-License-Identifier: Apache-2.0
// TarSplitter: stands between an archive and its reader, and writes down in a layer's skeleton which of the bytes that
// pass are the content of an object, and all others as they are.
#pragma once

#include <string>
#include <vector>

#include <lamina/archive/tar_reader.hpp>
#include <lamina/store/skeleton.hpp>

namespace lamina::ingest {

class TarSplitter final : public util::Source {
public:
  TarSplitter(util::Source& inner, store::SkeletonWriter& skeleton) : inner_(inner), skeleton_(skeleton) {}

  /// `into` must stay as it is until the next call, since what of it is content is only known then.
  std::size_t read(std::span<std::byte> into) override;

  /// The block is content of the current file.
  void add_content(const archive::TarReader::Block& block);
  /// The current file's content is the object `digest`.
  void end_file(const digest::Digest& digest);
  /// After the last read().
  void finish();

private:
  /// Everything before `position` in the archive that is not accounted for is no content.
  void take_raw(std::uint64_t position);
  void flush_raw();

  util::Source& inner_;
  store::SkeletonWriter& skeleton_;
  util::Bytes current_;             ///< what the last read() gave
  std::uint64_t current_end_ = 0;   ///< where in the archive it ends
  std::uint64_t accounted_ = 0;     ///< up to here in the archive
  std::string raw_;                 ///< bytes that the next piece begins with
  std::vector<store::Piece> file_;  ///< of the current file
};

}  // namespace lamina::ingest
