// SPDX-License-Identifier: Apache-2.0
// LibarchiveReader: libarchive's reading half over one of our Sources, with its results as exceptions. A failure of
// the Source comes out as it went in. What libarchive says in warnings is for the caller to judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include <lamina/archive/tar_reader.hpp>

namespace lamina::archive {

class LibarchiveReader {
public:
  /// Passes over up to so many bytes of the Source without reading them; returns how many.
  using Skip = std::function<std::uint64_t(std::uint64_t)>;

  /// `source` must outlive the reader, and is first read by next(). Formats and filters are added to handle().
  LibarchiveReader(util::Source& source, std::size_t buffer_size, std::string what, Skip skip = {});
  LibarchiveReader(const LibarchiveReader&) = delete;
  LibarchiveReader& operator=(const LibarchiveReader&) = delete;

  struct archive* handle() const noexcept {
    return handle_.get();
  }
  const std::string& what() const noexcept { return what_; }

  /// The next member, valid until the next call; nullptr at the end and after it.
  archive_entry* next();
  /// The blocks that next() has read for the member, as they stand, if they are kept: keep_headers() is to be called
  /// before the first next(), of a reader that neither passes over input nor filters it.
  std::string header_blocks() const;
  void keep_headers() noexcept { keeps_headers_ = true; }
  std::optional<TarReader::Block> next_block();
  /// Whether there was any input and libarchive had use for all of it.
  bool used_all_input() const noexcept;

private:
  static la_ssize_t on_read(struct archive* handle, void* self, const void** data) noexcept;
  static la_int64_t on_skip(struct archive* handle, void* self, la_int64_t size) noexcept;
  void open();
  /// How far libarchive has used the input.
  std::uint64_t position() const noexcept;
  /// What was read between two places; nothing when that is not kept any more.
  std::string input(std::uint64_t begin, std::uint64_t end) const;
  /// False at the end.
  bool check(int result);
  [[noreturn]] void fail() const;

  struct Free {
    void operator()(struct archive* handle) const noexcept { archive_read_free(handle); }
  };

  util::Source& source_;
  std::vector<std::byte> buffer_;
  std::string kept_;  ///< input before what is in buffer_ that may be asked for
  std::string what_;
  Skip skip_;
  std::uint64_t given_ = 0;     ///< bytes from the source
  std::size_t filled_ = 0;      ///< bytes of them in buffer_
  std::exception_ptr failure_;  ///< thrown in a callback, for which libarchive only knows "failed"
  bool keeps_headers_ = false;
  bool is_open_ = false;
  bool has_entry_ = false;
  bool is_in_header_ = false;
  bool is_finished_ = false;
  std::unique_ptr<struct archive, Free> handle_;
};

}  // namespace lamina::archive
