// SPDX-License-Identifier: Apache-2.0
// Names and paths inside an image: bytes, validated once at the border and trusted afterwards.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::util {

/// True for one path component as Linux takes it: 1 to 255 bytes, no '/', no NUL, neither "." nor "..".
bool is_valid_name(std::string_view name) noexcept;

/// What ".." means at the root of a path.
enum class AboveRoot {
  refused,
  is_root,  ///< as for chroot(2)
};

/// A path below some root: components that are all valid names; no components means the root itself.
class RelPath {
public:
  RelPath() = default;

  /// Splits at '/', drops empty and "." components (so "/a//b/./" is a/b), lets ".." take back the component
  /// before it but never climb above the root. Throws Error (EINVAL) on ".." above the root if that is refused, NUL,
  /// or a component of over 255 bytes; the path as a whole has no limit.
  static RelPath parse(std::string_view text, AboveRoot above_root = AboveRoot::refused);

  bool is_root() const noexcept { return components_.empty(); }
  const std::vector<std::string>& components() const noexcept { return components_; }
  /// Components joined by '/', without a leading one; "" for the root.
  std::string str() const;

private:
  std::vector<std::string> components_;
};

}  // namespace lamina::util
