// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/fd.hpp>

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

namespace lamina::util {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void Fd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));  // written data was synced before: close has nothing left to say
}

std::size_t read_at(const Fd& fd, std::span<std::byte> into, std::uint64_t offset, std::string_view what) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto got = ::pread(fd.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno(fmt::format("reading {}", what));
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void write_all(const Fd& fd, Bytes data, std::string_view what) {
  while (!data.empty()) {
    const auto put = ::write(fd.get(), data.data(), data.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno(fmt::format("writing {}", what));
    }
    data = data.subspan(static_cast<std::size_t>(put));
  }
}

void write_at(const Fd& fd, Bytes data, std::uint64_t offset, std::string_view what) {
  while (!data.empty()) {
    const auto put = ::pwrite(fd.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno(fmt::format("writing {}", what));
    }
    data = data.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

std::uint64_t file_size(const Fd& fd, std::string_view what) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw Error::from_errno(fmt::format("looking at {}", what));
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace lamina::util
