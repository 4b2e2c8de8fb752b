// SPDX-License-Identifier: Apache-2.0
// RFC 8878 through libzstd: all frames, skippable ones included.
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

#include <lamina/util/error.hpp>

#include "codecs.hpp"

namespace lamina::archive {

namespace {

using util::Error;

// 128 MiB of memory at most, which is what the zstd program allows too without being asked (zstd --long is 27).
constexpr int kMaxWindowLog = 27;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

class ZstdSource final : public util::Source {
public:
  ZstdSource(std::unique_ptr<util::Source> inner, std::string what)
      : inner_(std::move(inner)), what_(std::move(what)), input_(kCodecBuffer), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    check(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog));
  }

  std::size_t read(std::span<std::byte> into) override {
    ZSTD_outBuffer output{into.data(), into.size(), 0};
    while (output.pos == 0 && !into.empty()) {
      const bool has_input = refill();
      // At the end of the input the context may still hold content; inside a frame with nothing more to give, it is cut.
      if (!has_input && is_between_frames_) break;
      is_between_frames_ = check(ZSTD_decompressStream(context_.get(), &output, &chunk_)) == 0;
      if (!has_input && !is_between_frames_ && output.pos == 0) {
        throw Error(fmt::format("{}: the zstd data is truncated", what_));
      }
    }
    return output.pos;
  }

private:
  bool refill() {
    if (chunk_.pos < chunk_.size) return true;
    chunk_ = {input_.data(), inner_->read(input_), 0};
    return chunk_.size > 0;
  }

  std::size_t check(std::size_t result) const {
    if (ZSTD_isError(result) != 0) {
      throw Error(fmt::format("{}: the zstd data cannot be read ({})", what_, ZSTD_getErrorName(result)));
    }
    return result;
  }

  std::unique_ptr<util::Source> inner_;
  std::string what_;
  std::vector<std::byte> input_;
  ZSTD_inBuffer chunk_{nullptr, 0, 0};
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  bool is_between_frames_ = false;  // before the first frame the data is as good as cut
};

}  // namespace

std::unique_ptr<util::Source> make_zstd_source(std::unique_ptr<util::Source> inner, std::string what) {
  return std::make_unique<ZstdSource>(std::move(inner), std::move(what));
}

}  // namespace lamina::archive
