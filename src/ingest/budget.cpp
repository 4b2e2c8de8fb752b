// SPDX-License-Identifier: Apache-2.0
#include "budget.hpp"

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::ingest {
namespace {

/// False when it does not fit; whatever is spent afterwards does not, either.
bool spend(std::atomic<std::uint64_t>& spent, std::uint64_t amount, std::uint64_t limit) {
  const std::uint64_t before = spent.fetch_add(amount);
  return before <= limit && amount <= limit - before;
}

}  // namespace

void Budget::spend_archive(std::uint64_t bytes) {
  if (spend(archive_, bytes, limits_.size)) return;
  throw util::Error(
      fmt::format("the image's layers have more than {} bytes uncompressed (--max-size allows more)", limits_.size));
}

void Budget::spend_content(std::uint64_t bytes) {
  if (spend(content_, bytes, limits_.size)) return;
  throw util::Error(
      fmt::format("the image's files have more than {} bytes, holes included (--max-size allows more)", limits_.size));
}

void Budget::spend_entries(std::uint64_t count) {
  if (spend(entries_, count, limits_.entries)) return;
  throw util::Error(
      fmt::format("the image's layers have more than {} entries (--max-entries allows more)", limits_.entries));
}

}  // namespace lamina::ingest
