// SPDX-License-Identifier: Apache-2.0
// Where the stored bytes of a sparse member belong in its file. GNU tar manual, appendix "Storing Sparse Files": the
// old GNU format (pairs in header blocks) and the PAX formats 0.0, 0.1 (records) and 1.0 (lines before the content)
// all come down to a list of numbers: offset, length, offset, length, …
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lamina::archive {

struct Extent {
  std::uint64_t offset;
  std::uint64_t length;
};

/// More than any file system makes; what a hostile archive may cost stays bounded.
inline constexpr std::size_t kMaxSparseNumbers = 1U << 21U;

/// The decimal numbers of "1,2,3,…"; nullopt when malformed.
std::optional<std::vector<std::uint64_t>> parse_sparse_list(std::string_view text);

/// Appends the pairs of an old GNU header block, which an empty one ends; false when malformed.
bool append_sparse_pairs(std::string_view fields, std::vector<std::uint64_t>& numbers);

/// nullopt unless the extents ascend, lie within `real_size` bytes and are `stored` bytes together.
std::optional<std::vector<Extent>> make_extents(const std::vector<std::uint64_t>& numbers, std::uint64_t stored,
                                                std::uint64_t real_size);

}  // namespace lamina::archive
