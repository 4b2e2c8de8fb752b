// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/name.hpp>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lamina/util/error.hpp>

namespace lamina::util {
namespace {

constexpr std::size_t kMaxName = 255;  // NAME_MAX, limits.h(0p)

}  // namespace

bool is_valid_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxName && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

RelPath RelPath::parse(std::string_view text, AboveRoot above_root) {
  RelPath path;
  const auto refuse = [&](std::string_view why) {
    return Error(fmt::format("the path '{}' {}", printable(text.substr(0, kMaxName)), why), EINVAL);
  };
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view component = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), component.size() + 1));
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      if (!path.is_root()) {
        path.components_.pop_back();
      } else if (above_root == AboveRoot::refused) {
        throw refuse("climbs out of the root");
      }
      continue;
    }
    if (component.size() > kMaxName) throw refuse("has a name of over 255 bytes");
    if (!is_valid_name(component)) throw refuse("has a NUL byte");
    path.components_.emplace_back(component);
  }
  return path;
}

std::string RelPath::str() const { return fmt::format("{}", fmt::join(components_, "/")); }

}  // namespace lamina::util
