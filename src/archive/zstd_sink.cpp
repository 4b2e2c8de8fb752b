// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

#include <lamina/archive/compressor.hpp>
#include <lamina/util/error.hpp>

namespace lamina::archive {

struct ZstdSink::State {
  State(util::Sink& to, int level) : out(to), context(ZSTD_createCCtx()), buffer(ZSTD_CStreamOutSize()) {
    if (context == nullptr) throw std::bad_alloc();
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));
  }

  static std::size_t check(std::size_t result) {
    if (ZSTD_isError(result) != 0) throw util::Error(fmt::format("zstd failed: {}", ZSTD_getErrorName(result)));
    return result;
  }

  void compress(util::Bytes data, ZSTD_EndDirective directive) {
    ZSTD_inBuffer input{data.data(), data.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
      const auto left = check(ZSTD_compressStream2(context.get(), &output, &input, directive));
      out.write(util::Bytes(buffer).first(output.pos));
      more = directive == ZSTD_e_end ? left != 0 : input.pos < input.size;
    }
  }

  struct Free {
    void operator()(ZSTD_CCtx* used) const noexcept { ZSTD_freeCCtx(used); }
  };

  util::Sink& out;
  std::unique_ptr<ZSTD_CCtx, Free> context;
  std::vector<std::byte> buffer;
};

ZstdSink::ZstdSink(util::Sink& out, int level) : state_(std::make_unique<State>(out, level)) {}
ZstdSink::~ZstdSink() = default;

void ZstdSink::write(util::Bytes data) { state_->compress(data, ZSTD_e_continue); }

void ZstdSink::finish() { state_->compress({}, ZSTD_e_end); }

}  // namespace lamina::archive
