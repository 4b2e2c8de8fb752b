// SPDX-License-Identifier: Apache-2.0
#include "limited_source.hpp"

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::ingest {

LimitedSource::LimitedSource(std::unique_ptr<util::Source> inner, const Limits& limits, std::string what)
    : inner_(std::move(inner)), limit_(limits.size), what_(std::move(what)) {}

std::size_t LimitedSource::read(std::span<std::byte> into) {
  const std::size_t got = inner_->read(into);
  seen_ += got;
  if (seen_ > limit_) {
    throw util::Error(fmt::format("{} has more than {} bytes uncompressed (--max-size allows more)", what_, limit_));
  }
  return got;
}

}  // namespace lamina::ingest
