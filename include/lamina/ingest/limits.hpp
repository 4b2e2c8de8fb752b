// SPDX-License-Identifier: Apache-2.0
// Limits of an import: what an archive of a few bytes may ask for at most.
#pragma once

#include <cstdint>

namespace lamina::ingest {

struct Limits {
  /// Bytes of all of an image's layers, uncompressed and with the holes of sparse files.
  std::uint64_t size = std::uint64_t{256} << 30U;
  /// Files, directories and links of all of an image's layers. A node with long names and attributes counts once more
  /// for each KiB of them.
  std::uint64_t entries = 2'000'000;
};

}  // namespace lamina::ingest
