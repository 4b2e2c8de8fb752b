// SPDX-License-Identifier: Apache-2.0
#include <lamina/overlay/tree_run.hpp>

#include <algorithm>

namespace lamina::overlay {
namespace {

constexpr Ino kGap = 8;             // subdirectories, links and empty files lie between files
constexpr unsigned kSure = 3;       // files in order before a run is believed in
constexpr unsigned kDoublings = 3;  // from 8 nodes to 64, one a file
constexpr Ino kFirstWindow = 8;

}  // namespace

std::optional<InoRange> TreeRun::note(Ino ino) noexcept {
  const bool goes_on = ino > last_ && ino - last_ <= kGap;
  last_ = ino;
  if (!goes_on) {
    length_ = 0;
    ahead_ = ino;
    return std::nullopt;
  }
  if (++length_ < kSure) return std::nullopt;
  const Ino window = kFirstWindow << std::min(length_ - kSure, kDoublings);
  if (ahead_ > ino + window / 2) return std::nullopt;
  const InoRange range{std::max(ahead_, ino) + 1, ino + window};
  ahead_ = range.last;
  return range;
}

}  // namespace lamina::overlay
