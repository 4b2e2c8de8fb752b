// SPDX-License-Identifier: Apache-2.0
// TarStream: a Source read through one buffer, in blocks and in pieces that are not copied again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <lamina/util/source.hpp>

namespace lamina::archive {

class TarStream {
public:
  /// `buffer_size` is at least one block; `position` is where the source's first byte lies in the archive.
  TarStream(util::Source& source, std::size_t buffer_size, std::uint64_t position);

  /// Of the next byte, in the archive.
  std::uint64_t position() const noexcept { return position_; }

  // What these return is valid until the next call.

  /// The next `size` bytes (at most the buffer's size) without consuming them; fewer only at the end.
  util::Bytes peek(std::size_t size);
  /// Between 1 and `most` bytes, consumed; none at the end.
  util::Bytes take(std::uint64_t most);

private:
  /// Reads once, behind what is there; false at the end.
  bool fill();

  util::Source& source_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0;  ///< of the unread bytes in the buffer
  std::size_t end_ = 0;
  std::uint64_t position_;
};

}  // namespace lamina::archive
