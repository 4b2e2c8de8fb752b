// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/copy_file.hpp>

#include <algorithm>
#include <cerrno>
#include <vector>

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::util {
namespace {

constexpr std::uint64_t kPiece = 16U << 20U;
constexpr std::size_t kBuffer = 1U << 20U;

class Copier {
public:
  Copier(const Fd& from, const Fd& to, std::string_view what, const std::function<void()>& between)
      : from_(from), to_(to), what_(what), between_(between) {}

  void run(std::uint64_t size) {
    if (::ioctl(to_.get(), FICLONE, from_.get()) == 0) return;
    for (std::uint64_t at = find(SEEK_DATA, 0, size); at < size; at = find(SEEK_DATA, at, size)) {
      const std::uint64_t end = find(SEEK_HOLE, at, size);
      while (at < end) {
        between_();
        at += copy(at, std::min(end - at, kPiece));
      }
    }
    if (::ftruncate(to_.get(), static_cast<off_t>(size)) != 0) fail("writing");
  }

private:
  [[noreturn]] void fail(std::string_view doing) const { throw Error::from_errno(fmt::format("{} {}", doing, what_)); }

  /// Where data (or a hole) begins at or after `from`; `size` when there is none.
  std::uint64_t find(int kind, std::uint64_t from, std::uint64_t size) const {
    const auto found = ::lseek(from_.get(), static_cast<off_t>(from), kind);
    if (found >= 0) return std::min(static_cast<std::uint64_t>(found), size);
    if (errno == ENXIO) return size;
    if (errno == EINVAL) return kind == SEEK_DATA ? from : size;  // a file system that knows no holes
    fail("reading");
  }

  /// At most `length` bytes at `at`; how many.
  std::uint64_t copy(std::uint64_t at, std::uint64_t length) {
    if (by_kernel_) {
      auto in = static_cast<off64_t>(at);
      auto out = in;
      const auto copied = ::copy_file_range(from_.get(), &in, to_.get(), &out, length, 0);
      if (copied > 0) return static_cast<std::uint64_t>(copied);
      if (copied < 0 && errno == EINTR) return 0;
      if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG)) fail("copying");
      by_kernel_ = false;  // another file system, or one that cannot
      buffer_.resize(kBuffer);
    }
    const auto wanted = std::span(buffer_).first(std::min<std::uint64_t>(length, kBuffer));
    const std::size_t got = read_at(from_, wanted, at, what_);
    if (got == 0) throw Error(fmt::format("{} became shorter while it was copied", what_), EIO);
    write_at(to_, Bytes(wanted).first(got), at, what_);
    return got;
  }

  const Fd& from_;
  const Fd& to_;
  std::string_view what_;
  const std::function<void()>& between_;
  bool by_kernel_ = true;
  std::vector<std::byte> buffer_;
};

}  // namespace

void copy_file(const Fd& from, const Fd& to, std::uint64_t size, std::string_view what,
               const std::function<void()>& between) {
  between();
  Copier(from, to, what, between).run(size);
}

}  // namespace lamina::util
