// SPDX-License-Identifier: Apache-2.0
#include <lamina/image/platform.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <sys/utsname.h>

#include <lamina/util/error.hpp>

namespace lamina::image {

namespace {

// GOARCH, as `go tool dist list` has it.
constexpr std::array<std::string_view, 15> kArchitectures = {"386",     "amd64",   "arm",      "arm64",   "loong64",
                                                             "mips",    "mips64",  "mips64le", "mipsle",  "ppc64",
                                                             "ppc64le", "riscv64", "s390x",    "sparc64", "wasm"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

struct Alias {
  std::string_view name;
  std::string_view architecture;
  std::string_view variant;
};

// What containerd's platforms package (normalizeArch) and uname(2) call the architectures.
constexpr std::array<Alias, 16> kAliases = {{
    {"i386", "386", ""},
    {"i486", "386", ""},
    {"i586", "386", ""},
    {"i686", "386", ""},
    {"x86_64", "amd64", ""},
    {"x86-64", "amd64", ""},
    {"aarch64", "arm64", ""},
    {"armhf", "arm", "v7"},
    {"armel", "arm", "v6"},
    {"armv5l", "arm", "v5"},
    {"armv6l", "arm", "v6"},
    {"armv7l", "arm", "v7"},
    {"armv8l", "arm", "v8"},
    {"loongarch64", "loong64", ""},
    {"mips64el", "mips64le", ""},
    {"mipsel", "mipsle", ""},
}};

// One spelling for each platform: lower case, GOARCH names, and the variant that goes without saying left out.
Platform normalise(const Platform& platform) {
  Platform result{lower(platform.os), lower(platform.architecture), lower(platform.variant)};
  if (result.os.empty()) result.os = "linux";
  const auto alias = std::ranges::find(kAliases, result.architecture, &Alias::name);
  if (alias != kAliases.end()) {
    result.architecture = alias->architecture;
    if (!alias->variant.empty()) result.variant = alias->variant;
  }
  auto& variant = result.variant;
  const bool has_levels = result.architecture == "arm" || result.architecture == "arm64";
  if (has_levels && !variant.empty() && variant.front() >= '0' && variant.front() <= '9') variant.insert(0, "v");
  while (has_levels && variant.size() > 2 && variant.ends_with(".0")) variant.resize(variant.size() - 2);
  if (result.architecture == "arm64" && variant == "v8") variant.clear();
  if (result.architecture == "amd64" && variant == "v1") variant.clear();
  return result;
}

// The variants of amd64, arm and arm64 are levels: what runs v7 runs v6 too. Ten times "N.M" of "vN[.M]".
std::optional<int> level(const Platform& normal) noexcept {
  const std::string_view variant = normal.variant;
  if (variant.empty()) {
    if (normal.architecture == "amd64") return 10;
    if (normal.architecture == "arm") return 70;
    if (normal.architecture == "arm64") return 80;
    return std::nullopt;
  }
  if (normal.architecture != "amd64" && !normal.architecture.starts_with("arm")) return std::nullopt;
  if (variant.size() < 2 || variant.size() > 4 || variant[0] != 'v' || variant[1] < '1' || variant[1] > '9') return {};
  const int major = (variant[1] - '0') * 10;
  if (variant.size() == 2) return major;
  if (variant.size() != 4 || variant[2] != '.' || variant[3] < '0' || variant[3] > '9') return std::nullopt;
  return major + variant[3] - '0';
}

bool is_plain_word(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

bool is_architecture(std::string_view text) {
  return std::ranges::find(kArchitectures, normalise({"", std::string(text), ""}).architecture) != kArchitectures.end();
}

}  // namespace

Platform Platform::parse(std::string_view text) {
  const auto first = text.find('/');
  if (is_architecture(text.substr(0, first))) return parse(fmt::format("linux/{}", text));

  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  const auto os = text.substr(0, first);
  const auto architecture = first == std::string_view::npos ? "" : text.substr(first + 1, second - first - 1);
  const auto variant = second == std::string_view::npos ? "" : text.substr(second + 1);
  const bool has_variant = second != std::string_view::npos;
  if (!is_plain_word(os) || !is_plain_word(architecture) || (has_variant && !is_plain_word(variant))) {
    throw util::Error(fmt::format("\"{}\" is not a platform, which is written like linux/amd64 or linux/arm/v7",
                                  util::printable(text)));
  }
  return normalise({std::string(os), std::string(architecture), std::string(variant)});
}

Platform Platform::host() {
  utsname machine{};
  if (uname(&machine) != 0) throw util::Error::from_errno("finding the machine's architecture");
  return normalise({"linux", machine.machine, ""});
}

std::string Platform::str() const {
  return variant.empty() ? fmt::format("{}/{}", os, architecture) : fmt::format("{}/{}/{}", os, architecture, variant);
}

int match(const Platform& offered, const Platform& wanted) noexcept {
  const auto offer = normalise(offered);
  const auto want = normalise(wanted);
  if (offer.os != want.os || offer.architecture != want.architecture) return 0;
  const auto offer_level = level(offer);
  const auto want_level = level(want);
  if (offer_level && want_level) {
    if (*offer_level > *want_level) return 0;
    return 2 * *offer_level + (offer.variant == want.variant ? 1 : 0);
  }
  if (offer.variant == want.variant) return 2;
  return offer.variant.empty() || want.variant.empty() ? 1 : 0;
}

}  // namespace lamina::image
