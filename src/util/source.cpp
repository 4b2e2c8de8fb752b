// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/source.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

namespace lamina::util {

FileSource::FileSource(std::shared_ptr<const Fd> fd, std::uint64_t offset, std::uint64_t length, std::string what)
    : fd_(std::move(fd)), offset_(offset), left_(length), what_(std::move(what)) {}

std::size_t FileSource::read(std::span<std::byte> into) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
  const std::size_t got = read_at(*fd_, into.first(wanted), offset_, what_);
  offset_ += got;
  left_ = got < wanted ? 0 : left_ - got;
  return got;
}

std::size_t FdSource::read(std::span<std::byte> into) {
  for (;;) {
    const auto got = ::read(fd_.get(), into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw Error::from_errno(fmt::format("reading {}", what_));
  }
}

std::size_t MemorySource::read(std::span<std::byte> into) {
  const std::size_t count = std::min(into.size(), bytes_.size() - position_);
  if (count != 0) std::memcpy(into.data(), bytes_.data() + position_, count);
  position_ += count;
  return count;
}

std::uint64_t drain(Source& source) {
  std::vector<std::byte> buffer(std::size_t{256} << 10U);
  std::uint64_t total = 0;
  while (const std::size_t got = source.read(buffer)) total += got;
  return total;
}

std::string read_all(Source& source, std::uint64_t limit, std::string_view what) {
  std::string out;
  std::vector<std::byte> buffer(std::size_t{64} << 10U);
  while (const std::size_t got = source.read(buffer)) {
    out.append(as_text(Bytes(buffer).first(got)));
    if (out.size() > limit) throw Error(fmt::format("{} is over {} bytes long", what, limit), EFBIG);
  }
  return out;
}

}  // namespace lamina::util
