// SPDX-License-Identifier: Apache-2.0
#include <lamina/layer/overlay_marks.hpp>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <linux/limits.h>

#include <lamina/util/error.hpp>

namespace lamina::layer {

namespace {

using util::Error;

constexpr std::string_view prefix(MarkSpace space) noexcept {
  return space == MarkSpace::trusted ? "trusted.overlay." : "user.overlay.";
}

constexpr std::string_view suffix(OverlayMark mark) noexcept {
  switch (mark) {
    case OverlayMark::opaque: return "opaque";
    case OverlayMark::redirect: return "redirect";
    case OverlayMark::metacopy: return "metacopy";
    case OverlayMark::origin: return "origin";
    case OverlayMark::impure: return "impure";
    case OverlayMark::whiteout: break;
  }
  return "whiteout";
}

[[noreturn]] void refuse(std::string_view what, std::string_view value) {
  // Long values are nonsense of which the beginning says enough.
  throw Error(fmt::format("'{}' is no {} of an overlay", util::printable(value.substr(0, 100)), what));
}

}  // namespace

std::string mark_name(MarkSpace space, OverlayMark mark) { return fmt::format("{}{}", prefix(space), suffix(mark)); }

bool is_mark_name(MarkSpace space, std::string_view name) noexcept { return name.starts_with(prefix(space)); }

std::optional<Opaque> find_opaque(std::string_view value) noexcept {
  if (value == "y") return Opaque::opaque;
  if (value == "x") return Opaque::has_whiteouts;
  return std::nullopt;
}

std::string_view format_opaque(Opaque opaque) noexcept { return opaque == Opaque::opaque ? "y" : "x"; }

namespace {

/// What the kernel reads as a redirect, less what it would then fail to look up.
bool is_redirect(std::string_view value) noexcept {
  if (value.size() > XATTR_SIZE_MAX) return false;
  if (!value.starts_with('/')) return util::is_valid_name(value);
  for (std::size_t start = 1; start <= value.size();) {
    const std::size_t slash = std::min(value.find('/', start), value.size());
    if (!util::is_valid_name(value.substr(start, slash - start))) return false;
    start = slash + 1;
  }
  return true;
}

}  // namespace

Redirect parse_redirect(std::string_view value) {
  if (!is_redirect(value)) refuse("redirect", value);
  return {value.starts_with('/') ? Redirect::From::root : Redirect::From::parent, util::RelPath::parse(value)};
}

std::string format_redirect(const Redirect& redirect) {
  const bool is_absolute = redirect.from == Redirect::From::root;
  std::string value = (is_absolute ? "/" : "") + redirect.path.str();
  if (!is_redirect(value)) {
    throw Error(fmt::format("'{}' cannot be a redirect", util::printable(value.substr(0, 100))), EINVAL);
  }
  return value;
}

namespace {

constexpr std::size_t kMetacopyHeader = 4;  // version, length of the whole, flags, algorithm: one byte each

constexpr std::optional<std::size_t> digest_size(Metacopy::Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Metacopy::Algorithm::none: return 0;
    case Metacopy::Algorithm::sha256: return 32;
    case Metacopy::Algorithm::sha512: return 64;
  }
  return std::nullopt;
}

}  // namespace

Metacopy parse_metacopy(std::string_view value) {
  if (value.empty()) return {};
  if (value.size() < kMetacopyHeader) refuse("metacopy", value);
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(value[at]); };
  Metacopy metacopy{static_cast<Metacopy::Algorithm>(byte(3)), std::string(value.substr(kMetacopyHeader))};
  const bool is_known = byte(0) == 0 && byte(2) == 0 && digest_size(metacopy.algorithm) == metacopy.digest.size();
  if (!is_known || byte(1) != value.size()) refuse("metacopy", value);
  return metacopy;
}

std::string format_metacopy(const Metacopy& metacopy) {
  if (digest_size(metacopy.algorithm) != metacopy.digest.size()) {
    throw Error("the digest of a metacopy does not have its algorithm's size", EINVAL);
  }
  if (metacopy.algorithm == Metacopy::Algorithm::none) return {};  // as the kernel writes it
  const auto size = static_cast<char>(kMetacopyHeader + metacopy.digest.size());
  return std::string{'\0', size, '\0', static_cast<char>(metacopy.algorithm)} + metacopy.digest;
}

}  // namespace lamina::layer
