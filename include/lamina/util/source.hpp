// SPDX-License-Identifier: Apache-2.0
// Source and Sink: streams of bytes, chained by ownership. A Source is read by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lamina/util/fd.hpp>

namespace lamina::util {

class Source {
public:
  virtual ~Source() = default;
  /// Fills a part of `into` and returns how many bytes; 0 means the end. Throws Error.
  virtual std::size_t read(std::span<std::byte> into) = 0;
};

class Sink {
public:
  virtual ~Sink() = default;
  virtual void write(Bytes data) = 0;
};

/// At the file's position; for pipes and plain files alike. `fd` outlives the sink.
class FdSink final : public Sink {
public:
  FdSink(const Fd& fd, std::string what) : fd_(fd), what_(std::move(what)) {}
  void write(Bytes data) override { write_all(fd_, data, what_); }

private:
  const Fd& fd_;
  std::string what_;
};

/// `length` bytes of a file from `offset`, read with pread, so that several sources may share one descriptor.
class FileSource final : public Source {
public:
  FileSource(std::shared_ptr<const Fd> fd, std::uint64_t offset, std::uint64_t length, std::string what);
  std::size_t read(std::span<std::byte> into) override;

private:
  std::shared_ptr<const Fd> fd_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::string what_;
};

/// The file from its current position to its end; for pipes and plain files alike.
class FdSource final : public Source {
public:
  FdSource(Fd fd, std::string what) : fd_(std::move(fd)), what_(std::move(what)) {}
  std::size_t read(std::span<std::byte> into) override;

private:
  Fd fd_;
  std::string what_;
};

class MemorySource final : public Source {
public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(std::span<std::byte> into) override;

private:
  std::string bytes_;
  std::size_t position_ = 0;
};

/// Runs `inner` in a thread of its own, a few chunks ahead of the reader, so that the two work at once.
/// An exception of `inner` comes out of read(). The destructor stops and joins the thread.
class ReadAhead final : public Source {
public:
  explicit ReadAhead(std::unique_ptr<Source> inner);
  ~ReadAhead() override;
  std::size_t read(std::span<std::byte> into) override;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads to the end and counts; for checksums whose last bytes no one else wants.
std::uint64_t drain(Source& source);

/// The whole stream as a string; throws Error once it exceeds `limit` bytes.
std::string read_all(Source& source, std::uint64_t limit, std::string_view what);

}  // namespace lamina::util
