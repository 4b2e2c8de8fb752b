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
constexpr std::array kIgnored{"defaults"sv,    "atime"sv,      "noatime"sv,    "relatime"sv, "norelatime"sv,
                              "strictatime"sv, "lazytime"sv,   "nolazytime"sv, "async"sv,    "sync"sv,
                              "dirsync"sv,     "nodiratime"sv, "diratime"sv,   "auto"sv,     "noauto"sv,
                              "user"sv,        "nouser"sv,     "users"sv,      "owner"sv,    "group"sv,
                              "nofail"sv,      "_netdev"sv,    "silent"sv,     "loud"sv,     "default_permissions"sv};

bool is_ignored(std::string_view word) {
  static constexpr std::array kBeginnings{"x-"sv, "X-"sv, "comment="sv, "user="sv};
  return word.empty() || std::ranges::find(kIgnored, word) != kIgnored.end() ||
         std::ranges::any_of(kBeginnings, [&](std::string_view beginning) { return word.starts_with(beginning); });
}

struct Flag {
  std::string_view word;
  bool MountOptions::*member;
  bool value;
};

// mount(8) keeps suid and dev from a helper, as they are its defaults: allow_suid and allow_dev come through.
constexpr std::array kFlags{
    Flag{"ro", &MountOptions::read_only, true},    Flag{"rw", &MountOptions::read_only, false},
    Flag{"suid", &MountOptions::suid, true},       Flag{"nosuid", &MountOptions::suid, false},
    Flag{"allow_suid", &MountOptions::suid, true}, Flag{"allow_dev", &MountOptions::dev, true},
    Flag{"dev", &MountOptions::dev, true},         Flag{"nodev", &MountOptions::dev, false},
    Flag{"exec", &MountOptions::exec, true},       Flag{"noexec", &MountOptions::exec, false},
};

fuse::DataMode parse_data_mode(std::string_view word) {
  if (word == "data=cache") return fuse::DataMode::cache;
  if (word == "data=passthrough") return fuse::DataMode::passthrough;
  throw util::Error(fmt::format("mount option {}: the data mode is cache or passthrough", util::printable(word)),
                    EINVAL);
}

void apply(MountOptions& options, std::string_view word, UnknownWords unknown) {
  const auto flag = std::ranges::find(kFlags, word, &Flag::word);
  if (flag != kFlags.end()) options.*flag->member = flag->value;
  else if (word == "allow_other") options.allow_other = true;
  else if (word.starts_with("data=")) options.data = parse_data_mode(word);
  else if (unknown == UnknownWords::refuse && !is_ignored(word))
    throw util::Error(fmt::format("unknown mount option {}", util::printable(word)), EINVAL);
}

}  // namespace

MountOptions MountOptions::parse(std::span<const std::string> lists, UnknownWords unknown) {
  MountOptions options;
  for (const auto& list : lists) {
    for (const auto word : std::views::split(std::string_view(list), ','))
      apply(options, {word.begin(), word.end()}, unknown);
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
