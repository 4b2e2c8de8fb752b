// SPDX-License-Identifier: Apache-2.0
// The grammar is that of distribution/reference, regexp.go and normalize.go.
#include <lamina/image/reference.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::image {

namespace {

constexpr std::string_view kDefaultDomain = "docker.io";
constexpr std::string_view kLegacyDomain = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::string_view kDefaultTag = "latest";
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxTag = 128;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) noexcept { return (c >= 'a' && c <= 'z') || is_digit(c); }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_alphanumeric(char c) noexcept { return is_lower(c) || is_upper(c); }

struct Domain {
  std::string_view domain;  ///< "" when the name does not begin with one
  std::string_view rest;
};

// What stands before the first slash is a host only if it cannot be a repository's component.
Domain split_domain(std::string_view name) noexcept {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return {"", name};
  const auto first = name.substr(0, slash);
  const bool is_host = first == "localhost" || first.find_first_of(".:") != std::string_view::npos ||
                       std::ranges::any_of(first, is_upper);
  return is_host ? Domain{first, name.substr(slash + 1)} : Domain{"", name};
}

bool is_port(std::string_view port) noexcept { return !port.empty() && std::ranges::all_of(port, is_digit); }

bool is_host_name(std::string_view host) noexcept {
  while (true) {
    const auto dot = host.find('.');
    const auto part = host.substr(0, dot);
    if (part.empty() || part.front() == '-' || part.back() == '-') return false;
    if (!std::ranges::all_of(part, [](char c) { return is_alphanumeric(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string_view address) noexcept {
  return !address.empty() && std::ranges::all_of(address, [](char c) {
    return is_digit(c) || c == ':' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

bool is_domain(std::string_view domain) noexcept {
  const auto colon = domain.rfind(':');
  const auto bracket = domain.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port && !is_port(domain.substr(colon + 1))) return false;
  const auto host = has_port ? domain.substr(0, colon) : domain;
  if (host.starts_with('[')) return host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2));
  return is_host_name(host);
}

// Between two runs of letters and digits stands one '.', one or two '_', or any number of '-'.
bool is_separator(std::string_view text) noexcept {
  return text == "." || text == "_" || text == "__" || text.find_first_not_of('-') == std::string_view::npos;
}

bool is_path_component(std::string_view component) noexcept {
  if (component.empty() || !is_lower(component.front()) || !is_lower(component.back())) return false;
  for (std::size_t at = 0; at < component.size();) {
    const auto* const from = component.begin() + at;
    const auto* const word_end = std::find_if_not(from, component.end(), is_lower);
    const auto* const next_word = std::find_if(word_end, component.end(), is_lower);
    if (!is_separator({word_end, next_word})) return false;
    at += static_cast<std::size_t>(next_word - from);
  }
  return true;
}

bool is_tag(std::string_view tag) noexcept {
  if (tag.empty() || tag.size() > kMaxTag || tag.front() == '.' || tag.front() == '-') return false;
  return std::ranges::all_of(tag, [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw util::Error(fmt::format("\"{}\" is not an image name: {}", util::printable(text), why));
}

void check_repository(std::string_view text, std::string_view repository) {
  if (repository.empty()) refuse(text, "the repository is missing");
  if (std::ranges::any_of(repository, is_upper)) refuse(text, "the repository must be in lower case");
  for (auto rest = repository;;) {
    const auto slash = rest.find('/');
    if (!is_path_component(rest.substr(0, slash))) {
      refuse(text,
             fmt::format("\"{}\" cannot be a part of a repository's name", util::printable(rest.substr(0, slash))));
    }
    if (slash == std::string_view::npos) return;
    rest.remove_prefix(slash + 1);
  }
}

void check(std::string_view text, const Reference& reference) {
  if (!is_domain(reference.domain)) {
    refuse(text, fmt::format("\"{}\" is not a host name", util::printable(reference.domain)));
  }
  check_repository(text, reference.repository);
  if (reference.domain.size() + 1 + reference.repository.size() > kMaxName) {
    refuse(text, fmt::format("the name is longer than {} characters", kMaxName));
  }
  if (reference.tag.size() > kMaxTag) refuse(text, fmt::format("the tag is longer than {} characters", kMaxTag));
  if (!reference.tag.empty() && !is_tag(reference.tag)) {
    refuse(text,
           fmt::format("\"{}\" cannot be a tag (letters, digits, '_', '.' and '-')", util::printable(reference.tag)));
  }
}

}  // namespace

Reference Reference::parse(std::string_view text) {
  if (text.empty()) refuse(text, "it is empty");
  if (text.find("://") != std::string_view::npos) refuse(text, "it is written without a scheme");
  if (digest::Digest::find_hex(text)) refuse(text, "64 hex digits would be taken for an image ID");

  Reference result;
  auto name = text;
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    result.digest = digest::Digest::find(name.substr(at + 1));
    if (!result.digest) refuse(text, "after \"@\" stands sha256: and 64 hex digits");
    name = name.substr(0, at);
  }
  auto [domain, repository] = split_domain(name);
  if (const auto colon = repository.find(':'); colon != std::string_view::npos) {
    result.tag = repository.substr(colon + 1);
    if (result.tag.empty()) refuse(text, "the tag is missing");
    repository = repository.substr(0, colon);
  } else if (!result.digest) {
    result.tag = kDefaultTag;
  }
  result.domain = domain.empty() || domain == kLegacyDomain ? kDefaultDomain : domain;
  const bool is_official = result.domain == kDefaultDomain && repository.find('/') == std::string_view::npos;
  result.repository = is_official && !repository.empty() ? fmt::format("{}{}", kOfficial, repository) : repository;
  check(text, result);
  return result;
}

namespace {

std::string with_suffix(std::string name, const Reference& reference) {
  if (!reference.tag.empty()) name.append(":").append(reference.tag);
  if (reference.digest) name.append("@").append(reference.digest->str());
  return name;
}

}  // namespace

std::string Reference::str() const { return with_suffix(domain + "/" + repository, *this); }

std::string Reference::familiar_name() const {
  if (domain != kDefaultDomain) return domain + "/" + repository;
  const std::string_view path = repository;
  if (path.starts_with(kOfficial) && path.find('/', kOfficial.size()) == std::string_view::npos) {
    return std::string(path.substr(kOfficial.size()));
  }
  // "docker.io/localhost/x" cannot be shortened: it would be read as another host's.
  return split_domain(path).domain.empty() ? repository : domain + "/" + repository;
}

std::string Reference::familiar() const { return with_suffix(familiar_name(), *this); }

}  // namespace lamina::image
