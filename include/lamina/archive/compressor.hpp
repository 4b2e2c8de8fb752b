// SPDX-License-Identifier: Apache-2.0
// ZstdSink: compresses what is written to it into one zstd frame with a checksum (RFC 8878).
#pragma once

#include <memory>

#include <lamina/util/source.hpp>

namespace lamina::archive {

class ZstdSink final : public util::Sink {
public:
  /// `level` as of the zstd program, 1 (fastest) to 19. `out` must outlive the sink.
  ZstdSink(util::Sink& out, int level);
  ~ZstdSink() override;
  ZstdSink(const ZstdSink&) = delete;
  ZstdSink& operator=(const ZstdSink&) = delete;

  void write(util::Bytes data) override;
  /// Ends the frame; nothing may be written afterwards.
  void finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::archive
