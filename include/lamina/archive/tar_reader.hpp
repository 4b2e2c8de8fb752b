// SPDX-License-Identifier: Apache-2.0
// TarReader: the members of a tar stream (ustar, PAX, GNU) in order, in one pass. Names, link targets and xattr
// values come out as the bytes that are in the archive, whatever the locale. A damaged archive throws Error; it may end
// without an end marker, but only between two members or in the padding behind the last content. Two limits are
// libarchive's: a PAX name of nothing but ASCII and U+E0000 to U+E007F loses the latter, and a time within the second
// before the epoch comes out as after it.
// Readers are independent of each other; one reader is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <lamina/archive/entry.hpp>
#include <lamina/util/source.hpp>

namespace lamina::archive {

class TarReader {
public:
  /// `what` names the archive in messages. `source` must outlive the reader and is read to the end of the
  /// archive only: what follows it is left there (drain() it to hash the whole stream).
  TarReader(util::Source& source, std::string what);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next member; skips what is left of the one before. nullopt at the end.
  std::optional<Entry> next();

  struct Block {
    std::uint64_t offset = 0;    ///< in the file; a gap since the last block is a hole
    std::uint64_t position = 0;  ///< of the first byte in the archive
    util::Bytes data;            ///< valid until the next call
  };
  /// The next piece of the current file's content, in ascending offsets and within entry.size; nullopt at its end.
  std::optional<Block> next_block();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::archive
