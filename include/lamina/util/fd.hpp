// SPDX-License-Identifier: Apache-2.0
// Fd owns one open file descriptor; moving hands it on, the destructor closes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace lamina::util {

using Bytes = std::span<const std::byte>;

class Fd {
public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;
  int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_ = -1;
};

/// Reads up to `into.size()` bytes at `offset`; fewer only at the end of the file. Throws Error naming `what`.
std::size_t read_at(const Fd& fd, std::span<std::byte> into, std::uint64_t offset, std::string_view what);

/// Writes all of `data` at the file's position. Throws Error naming `what` (ENOSPC included).
void write_all(const Fd& fd, Bytes data, std::string_view what);

/// Writes all of `data` at `offset`.
void write_at(const Fd& fd, Bytes data, std::uint64_t offset, std::string_view what);

/// Size of the open file in bytes.
std::uint64_t file_size(const Fd& fd, std::string_view what);

/// The bytes of a string, and back: no copy.
inline Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }
inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace lamina::util
