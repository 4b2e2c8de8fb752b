// SPDX-License-Identifier: Apache-2.0
// LimitedSource: what stands between a compressed archive and whoever reads all of it.
#pragma once

#include <memory>
#include <string>

#include <lamina/ingest/limits.hpp>
#include <lamina/util/source.hpp>

namespace lamina::ingest {

/// Passes `inner` through and throws Error naming `what` when it is longer than limits.size.
class LimitedSource final : public util::Source {
public:
  LimitedSource(std::unique_ptr<util::Source> inner, const Limits& limits, std::string what);
  std::size_t read(std::span<std::byte> into) override;

private:
  std::unique_ptr<util::Source> inner_;
  std::uint64_t limit_;
  std::uint64_t seen_ = 0;
  std::string what_;
};

}  // namespace lamina::ingest
