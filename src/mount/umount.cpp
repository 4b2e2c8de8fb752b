// SPDX-License-Identifier: Apache-2.0
#include <lamina/mount/mount.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lamina/util/error.hpp>
#include <lamina/util/source.hpp>

#include "mount_table.hpp"
#include "pipe.hpp"
#include "record_dir.hpp"

namespace lamina::mount {
namespace {

using util::Error;

/// Absolute and without symbolic links as far as it exists; a dead mount cannot be looked at, but its path can.
std::string resolve(const std::string& path) {
  if (auto real = find_real_path(path)) return std::move(*real);
  auto absolute = std::filesystem::absolute(path).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute.string();
}

Error busy(const std::string& mountpoint) {
  return Error(
      fmt::format("{} is busy: a process has its working directory or an open file there", util::printable(mountpoint)),
      EBUSY);
}

/// fusermount3 is set-user-ID root and unmounts what this user mounted.
void unmount_as_user(const std::string& mountpoint, MountState state) {
  auto [read_end, write_end] = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDERR_FILENO);
  std::array<std::string, 4> words{"fusermount3", state == MountState::dead ? "-uz" : "-u", "--", mountpoint};
  std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  write_end.reset();
  if (failure != 0) throw Error::from_errno("running fusermount3", failure);
  util::FdSource output(std::move(read_end), "fusermount3's answer");
  auto said = util::read_all(output, 1U << 16U, "fusermount3's answer");
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (said.find("busy") != std::string::npos) throw busy(mountpoint);
  while (said.ends_with('\n')) said.pop_back();
  throw Error(fmt::format("unmounting {}: {}", util::printable(mountpoint), said), EPERM);
}

void unmount(const std::string& mountpoint, MountState state) {
  if (::geteuid() != 0) return unmount_as_user(mountpoint, state);
  // Nothing waits for a daemon that is gone, so that even a busy mount may be let go.
  const int flags = UMOUNT_NOFOLLOW | (state == MountState::dead ? MNT_DETACH : 0);
  if (::umount2(mountpoint.c_str(), flags) == 0) return;
  if (errno == EBUSY) throw busy(mountpoint);
  throw Error::from_errno(fmt::format("unmounting {}", util::printable(mountpoint)));
}

}  // namespace

void umount(const store::Store& store, const std::string& target) {
  auto records = list(store);
  const auto named = std::ranges::find(records, target, [](const Mount& mount) { return mount.record.id; });
  const auto mountpoint = named != records.end() ? named->record.mountpoint : resolve(target);
  std::erase_if(records, [&](const Mount& mount) { return mount.record.mountpoint != mountpoint; });
  // What is seen there is the latest mount; older records are left from daemons that died.
  const auto shown = util::printable(named != records.end() ? target : mountpoint);
  const auto state = records.empty() ? MountState::live : records.back().state;

  const auto there = find_mount(mountpoint);
  if (there && there->type == kFsType) unmount(mountpoint, state);
  else if (there && records.empty())
    throw Error(fmt::format("{} is not a lamina mount but a file system of type {}", shown, there->type), EINVAL);
  else if (records.empty()) throw Error(fmt::format("{} is not mounted", shown), EINVAL);
  else if (state == MountState::live)
    throw Error(
        fmt::format("{} is mounted in another mount namespace, by process {}", shown, records.back().record.pid),
        EINVAL);

  for (const auto& [record, was] : records) {
    if (!wait_for_end(store, record.id))
      throw Error(fmt::format("{} is unmounted here, but still in use elsewhere (a bind mount, another mount "
                              "namespace): its daemon {} goes on",
                              shown, record.pid),
                  EBUSY);
    remove_record(store, record.id);
  }
}

}  // namespace lamina::mount
