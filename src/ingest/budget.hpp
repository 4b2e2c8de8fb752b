// SPDX-License-Identifier: Apache-2.0
// Budget: what is left of an import's Limits. Its layers share it, from several threads.
#pragma once

#include <atomic>

#include <lamina/ingest/limits.hpp>

namespace lamina::ingest {

class Budget {
public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  /// Each throws Error when the image's layers together have more than Limits allow.
  void spend_archive(std::uint64_t bytes);  ///< uncompressed
  void spend_content(std::uint64_t bytes);  ///< of files, holes included
  void spend_entries(std::uint64_t count);

private:
  Limits limits_;
  std::atomic<std::uint64_t> archive_ = 0;
  std::atomic<std::uint64_t> content_ = 0;
  std::atomic<std::uint64_t> entries_ = 0;
};

}  // namespace lamina::ingest
