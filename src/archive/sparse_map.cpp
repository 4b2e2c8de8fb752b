// SPDX-License-Identifier: Apache-2.0
#include "sparse_map.hpp"

#include "pax.hpp"
#include "tar_header.hpp"

namespace lamina::archive {

std::optional<std::vector<std::uint64_t>> parse_sparse_list(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto number = parse_pax_number(text.substr(0, comma));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return numbers;
}

bool append_sparse_pairs(std::string_view fields, std::vector<std::uint64_t>& numbers) {
  constexpr std::size_t kNumber = 12;
  for (; fields.size() >= 2 * kNumber && fields.front() != '\0'; fields.remove_prefix(2 * kNumber)) {
    for (const auto field : {fields.substr(0, kNumber), fields.substr(kNumber, kNumber)}) {
      const auto number = parse_tar_number(field);
      if (!number || *number < 0) return false;
      numbers.push_back(static_cast<std::uint64_t>(*number));
    }
  }
  return true;
}

std::optional<std::vector<Extent>> make_extents(const std::vector<std::uint64_t>& numbers, std::uint64_t stored,
                                                std::uint64_t real_size) {
  if (numbers.size() % 2 != 0) return std::nullopt;
  std::vector<Extent> extents;
  std::uint64_t end = 0;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const Extent extent{numbers[i], numbers[i + 1]};
    // Written without sums, which could wrap.
    if (extent.offset < end || extent.offset > real_size || extent.length > real_size - extent.offset) return std::nullopt;
    end = extent.offset + extent.length;
    total += extent.length;
    if (extent.length > 0) extents.push_back(extent);
  }
  if (total != stored) return std::nullopt;
  return extents;
}

}  // namespace lamina::archive
