// SPDX-License-Identifier: Apache-2.0
// RFC 1952 through ISA-L, which also checks each member's CRC-32 and length.
#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <lamina/util/error.hpp>

#include "codecs.hpp"

namespace lamina::archive {

namespace {

using util::Error;

constexpr std::uint8_t kMagic = 0x1f;  // of a member's first byte

class GzipSource final : public util::Source {
public:
  GzipSource(std::unique_ptr<util::Source> inner, std::string what)
      : inner_(std::move(inner)), what_(std::move(what)), input_(kCodecBuffer) {
    isal_inflate_init(&state_);
    start_member();
  }

  std::size_t read(std::span<std::byte> into) override {
    // Every call of isal_inflate() copies its window once: fill the caller's span rather than return early.
    state_.next_out = reinterpret_cast<std::uint8_t*>(into.data());
    state_.avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(into.size(), 1U << 30U));
    const auto wanted = state_.avail_out;
    while (state_.avail_out > 0 && place_ != Place::end) step();
    return wanted - state_.avail_out;
  }

private:
  enum class Place { header, content, between, end };

  void start_member() {
    isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP;
    // Read by a call of its own, as isal_inflate() forgets what it knows of a header that ends in the next chunk.
    isal_gzip_header_init(&header_);
    place_ = Place::header;
  }

  void step() {
    const bool has_input = refill();
    switch (place_) {
      case Place::header: return read_header(has_input);
      case Place::content: return read_content(has_input);
      case Place::between: return has_input ? read_between() : finish();
      case Place::end: return;
    }
  }

  bool refill() {
    if (state_.avail_in > 0) return true;
    const auto count = inner_->read(input_);
    state_.next_in = reinterpret_cast<std::uint8_t*>(input_.data());
    state_.avail_in = static_cast<std::uint32_t>(count);
    return count > 0;
  }

  void read_header(bool has_input) {
    if (!has_input) truncated();
    const auto result = isal_read_gzip_header(&state_, &header_);
    if (result == ISAL_DECOMP_OK) {
      place_ = Place::content;
    } else if (result != ISAL_END_INPUT) {
      throw Error(fmt::format("{}: {}", what_, is_first_ ? "this is not gzip data" : "garbage follows the gzip data"));
    }
  }

  void read_content(bool has_input) {
    const auto room = state_.avail_out;
    if (const auto result = isal_inflate(&state_); result == ISAL_INCORRECT_CHECKSUM) {
      throw Error(fmt::format("{}: the gzip data is damaged, its checksum is wrong", what_));
    } else if (result != ISAL_DECOMP_OK) {
      throw Error(fmt::format("{}: the gzip data is damaged", what_));
    }
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      place_ = Place::between;
      is_first_ = false;
    } else if (!has_input && state_.avail_out == room) {
      truncated();
    }
  }

  // Another member follows, or zeros up to the end, as tapes and block devices pad.
  void read_between() {
    if (*state_.next_in == kMagic) return start_member();
    do {
      if (std::any_of(state_.next_in, state_.next_in + state_.avail_in, [](auto byte) { return byte != 0; })) {
        throw Error(fmt::format("{}: garbage follows the gzip data", what_));
      }
      state_.avail_in = 0;
    } while (refill());
    finish();
  }

  void finish() { place_ = Place::end; }

  [[noreturn]] void truncated() const { throw Error(fmt::format("{}: the gzip data is truncated", what_)); }

  std::unique_ptr<util::Source> inner_;
  std::string what_;
  std::vector<std::byte> input_;
  inflate_state state_;
  isal_gzip_header header_;
  Place place_ = Place::header;
  bool is_first_ = true;
};

}  // namespace

std::unique_ptr<util::Source> make_gzip_source(std::unique_ptr<util::Source> inner, std::string what) {
  return std::make_unique<GzipSource>(std::move(inner), std::move(what));
}

}  // namespace lamina::archive
