// SPDX-License-Identifier: Apache-2.0
#include "pending_path.hpp"

#include <cerrno>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::tree {

namespace {
constexpr std::size_t kMaxLinks = 40;
}

std::optional<std::string_view> PendingPath::next() {
  if (names_.empty()) return std::nullopt;
  const std::string_view name = names_.back();
  names_.pop_back();
  return name;
}

bool PendingPath::follow(std::string_view target) {
  if (++links_ > kMaxLinks) {
    throw util::Error(
        fmt::format("more than {} symbolic links on the way through '{}'", kMaxLinks, util::printable(target)), ELOOP);
  }
  push(target);
  return target.starts_with('/');
}

void PendingPath::push(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');  // npos + 1 is 0: the whole path
    const std::string_view name = path.substr(slash + 1);
    if (!name.empty() && name != ".") names_.push_back(name);
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

}  // namespace lamina::tree
