// SPDX-License-Identifier: Apache-2.0
#include "tar_stream.hpp"

#include <algorithm>
#include <cstring>

namespace lamina::archive {

TarStream::TarStream(util::Source& source, std::size_t buffer_size, std::uint64_t position)
    : source_(source),
      capacity_(buffer_size),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(buffer_size)),
      position_(position) {}

util::Bytes TarStream::peek(std::size_t size) {
  if (end_ - begin_ < size) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    while (end_ < size && fill()) continue;
  }
  return {buffer_.get() + begin_, std::min(size, end_ - begin_)};
}

util::Bytes TarStream::take(std::uint64_t most) {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    fill();
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(most, end_ - begin_));
  const util::Bytes result(buffer_.get() + begin_, size);
  begin_ += size;
  position_ += size;
  return result;
}

bool TarStream::fill() {
  const auto count = source_.read({buffer_.get() + end_, capacity_ - end_});
  end_ += count;
  return count > 0;
}

}  // namespace lamina::archive
