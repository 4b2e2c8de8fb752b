// SPDX-License-Identifier: Apache-2.0
// PendingPath: the components a path walk still has to take, with the targets of symbolic links pushed in front.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::tree {

class PendingPath {
public:
  /// `path` must outlive the object, as must every target given to follow().
  explicit PendingPath(std::string_view path) { push(path); }
  explicit PendingPath(std::span<const std::string> components) : names_(components.rbegin(), components.rend()) {}

  /// The next component, ".." included; empty ones and "." are skipped.
  std::optional<std::string_view> next();
  bool at_end() const noexcept { return names_.empty(); }
  /// Continues with a symbolic link's target; true when it is absolute, and the walk starts again at the root.
  /// Throws Error (ELOOP) for the 41st link, where path_resolution(7) puts the limit.
  bool follow(std::string_view target);

private:
  void push(std::string_view path);

  std::vector<std::string_view> names_;  ///< last one first
  std::size_t links_ = 0;
};

}  // namespace lamina::tree
