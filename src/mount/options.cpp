// SPDX-License-Identifier: Apache-2.0
#include <lamina/mount/options.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ranges>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::mount {
namespace {

using namespace std::string_view_literals;

// A read-only mount of an image has no use for them, and scripts and fstab pass them everywhere.
constexpr std::array kIgnored{"defaults"sv, "atime"sv,      "noatime"sv, "relatime"sv, "norelatime"sv, "strictatime"sv,
                              "lazytime"sv, "nolazytime"sv, "async"sv,   "sync"sv,     "dirsync"sv,    "nodiratime"sv,
                              "diratime"sv, "auto"sv,       "noauto"sv,  "user"sv,     "nouser"sv,     "users"sv,
                              "nofail"sv,   "_netdev"sv,    "silent"sv,  "loud"sv,     "default_permissions"sv};

bool is_ignored(std::string_view word) {
  return word.empty() || word.starts_with("x-") || std::ranges::find(kIgnored, word) != kIgnored.end();
}

void apply(MountOptions& options, std::string_view word) {
  if (word == "ro") options.read_only = true;
  else if (word == "rw") options.read_only = false;
  else if (word == "suid") options.suid = true;
  else if (word == "nosuid") options.suid = false;
  else if (word == "dev") options.dev = true;
  else if (word == "nodev") options.dev = false;
  else if (word == "exec") options.exec = true;
  else if (word == "noexec") options.exec = false;
  else if (word == "allow_other") options.allow_other = true;
  else if (word == "data=cache") options.data = fuse::DataMode::cache;
  else if (word == "data=passthrough") options.data = fuse::DataMode::passthrough;
  else if (word.starts_with("data="))
    throw util::Error(fmt::format("mount option {}: the data mode is cache or passthrough", util::printable(word)), EINVAL);
  else if (!is_ignored(word))
    throw util::Error(fmt::format("unknown mount option {}", util::printable(word)), EINVAL);
}

}  // namespace

MountOptions MountOptions::parse(std::span<const std::string> lists) {
  MountOptions options;
  for (const auto& list : lists) {
    for (const auto word : std::views::split(std::string_view(list), ',')) apply(options, {word.begin(), word.end()});
  }
  return options;
}

std::string MountOptions::str() const {
  std::string text = read_only ? "ro" : "rw";
  text += suid ? ",suid" : ",nosuid";
  text += dev ? ",dev" : ",nodev";
  if (!exec) text += ",noexec";
  if (allow_other.value_or(false)) text += ",allow_other";
  if (data) text += *data == fuse::DataMode::cache ? ",data=cache" : ",data=passthrough";
  return text;
}

}  // namespace lamina::mount
