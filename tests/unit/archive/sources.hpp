// SPDX-License-Identifier: Apache-2.0
// Sources and small helpers that the tests of this room share.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <lamina/util/error.hpp>
#include <lamina/util/source.hpp>

namespace lamina::archive::test {

/// Gives at most `most` bytes at a time, so that every boundary falls somewhere unexpected.
class ChoppedSource final : public util::Source {
public:
  ChoppedSource(std::string bytes, std::size_t most) : bytes_(std::move(bytes)), most_(most) {}

  std::size_t read(std::span<std::byte> into) override {
    const auto count = std::min({into.size(), most_, bytes_.size() - position_});
    std::memcpy(into.data(), bytes_.data() + position_, count);
    position_ += count;
    return count;
  }

  std::size_t position() const { return position_; }

private:
  std::string bytes_;
  std::size_t most_;
  std::size_t position_ = 0;
};

/// Gives some bytes and then fails.
class FailingSource final : public util::Source {
public:
  explicit FailingSource(std::string bytes) : inner_(std::move(bytes)) {}

  std::size_t read(std::span<std::byte> into) override {
    const auto count = inner_.read(into);
    if (count == 0) throw util::Error("the disk is on fire", 5);
    return count;
  }

private:
  util::MemorySource inner_;
};

class StringSink final : public util::Sink {
public:
  void write(util::Bytes data) override { text.append(util::as_text(data)); }
  std::string text;
};

/// Text that compresses somewhat, with matches near and far; the same for the same `seed`.
inline std::string sample(std::size_t size, std::uint32_t seed = 1) {
  std::string text;
  text.reserve(size + 64);
  while (text.size() < size) {
    seed = seed * 1664525U + 1013904223U;
    if (seed % 4 == 0 || text.size() < 100) {
      for (unsigned i = 0; i < 16; ++i) text.push_back(static_cast<char>(seed >> (i % 24U)));
    } else {
      text += text.substr(seed / 8 % (text.size() - 64), 8 + seed / 4 % 56);
    }
  }
  text.resize(size);
  return text;
}

/// What `act` throws, or "" when it throws nothing.
template <typename Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const util::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace lamina::archive::test
