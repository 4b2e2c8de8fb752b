// SPDX-License-Identifier: Apache-2.0
// SHA-256 over streams: Hasher counts and hashes, HashingSource does so while others read, VerifyingSource
// throws when a stream is not what was promised. Not thread-safe; one object per stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <lamina/digest/digest.hpp>
#include <lamina/util/source.hpp>

namespace lamina::digest {

class Hasher {
public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(util::Bytes data);
  /// The digest of all updates; the hasher starts afresh.
  Digest finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest hash(util::Bytes data);

/// Passes `inner` through and remembers its digest and size.
class HashingSource final : public util::Source {
public:
  explicit HashingSource(std::unique_ptr<util::Source> inner) : inner_(std::move(inner)) {}
  std::size_t read(std::span<std::byte> into) override;
  std::uint64_t size() const noexcept { return size_; }
  /// Of everything read so far; call once, after the end.
  Digest finish() { return hasher_.finish(); }

private:
  std::unique_ptr<util::Source> inner_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

/// Passes `inner` through and throws Error as soon as it is longer than `size`, and at its end when it is shorter
/// or its digest differs. `what` begins the message ("layer 3 of …").
class VerifyingSource final : public util::Source {
public:
  VerifyingSource(std::unique_ptr<util::Source> inner, const Digest& digest, std::uint64_t size, std::string what);
  std::size_t read(std::span<std::byte> into) override;

private:
  std::unique_ptr<util::Source> inner_;
  Digest expected_;
  std::uint64_t size_;
  std::uint64_t seen_ = 0;
  bool verified_ = false;
  std::string what_;
  Hasher hasher_;
};

}  // namespace lamina::digest
