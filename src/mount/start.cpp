// SPDX-License-Identifier: Apache-2.0
// start(): checks the mount point, then becomes or forks the daemon.
#include <lamina/mount/mount.hpp>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lamina/util/error.hpp>
#include <lamina/util/root_dir.hpp>
#include <lamina/util/source.hpp>

#include "daemon.hpp"
#include "mount_table.hpp"
#include "pipe.hpp"

namespace lamina::mount {
namespace {

using util::Error;

std::string resolve(const std::string& path, std::string_view what) {
  if (auto real = find_real_path(path)) return std::move(*real);
  if (util::is_absent(errno)) throw Error(fmt::format("{} {} does not exist", what, util::printable(path)), ENOENT);
  throw Error::from_errno(fmt::format("{} {}", what, util::printable(path)));
}

bool is_within(const std::string& path, const std::string& directory) {
  return path == directory || directory == "/" || path.starts_with(directory + "/");
}

std::string checked_mountpoint(const store::Store& store, const std::string& directory) {
  const auto mountpoint = resolve(directory, "the mount point");
  const auto shown = util::printable(mountpoint);
  // Asked of the mount table first: a mount whose daemon died cannot even be looked at.
  if (const auto there = find_mount(mountpoint))
    throw Error(fmt::format("the mount point {} is busy: a file system ({}) is mounted there", shown, there->type),
                EBUSY);
  struct stat status {};
  if (::stat(mountpoint.c_str(), &status) != 0) throw Error::from_errno(fmt::format("the mount point {}", shown));
  if (!S_ISDIR(status.st_mode)) throw Error(fmt::format("the mount point {} is not a directory", shown), ENOTDIR);
  const auto store_path = resolve(store.path(), "the store");
  if (is_within(mountpoint, store_path))
    throw Error(fmt::format("the mount point {} is inside the store {}", shown, store_path), EINVAL);
  if (is_within(store_path, mountpoint))
    throw Error(fmt::format("the mount point {} would hide the store {}", shown, store_path), EINVAL);
  return mountpoint;
}

/// Records that a crash or a reboot left behind, of mounts that are no longer there.
void sweep_records(const store::Store& store) {
  for (const auto& [record, state] : list(store)) {
    if (state == MountState::dead && !find_mount(record.mountpoint)) remove_record(store, record.id);
  }
}

// What the daemon tells its parent: one of these, then the record's JSON or the message of the error.
constexpr char kReady = 'R';
constexpr char kFailed = 'F';

void tell(util::Fd& parent, char kind, std::string_view text) {
  util::write_all(parent, util::as_bytes(std::string(1, kind).append(text)), "the pipe to the command");
  parent.reset();
}

/// What the caller had open and forgot to close on exec (a script's lock, make's job server) is not ours to keep.
void close_inherited() {
  for (const auto& name : util::RootDir::open("/proc/self/fd").list()) {
    const int fd = std::atoi(name.c_str());
    if (fd > STDERR_FILENO && ::fcntl(fd, F_GETFD) == 0) ::close(fd);
  }
}

void leave_terminal() {
  ::setsid();
  ::umask(077);
  if (::chdir("/") != 0) throw Error::from_errno("changing to /");
  const util::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), fd);
}

struct Task {
  const store::Store& store;
  const std::string& image;
  const std::string& mountpoint;
  const MountOptions& options;
};

/// The life of the child process.
int serve(const Task& task, util::Fd parent) noexcept {
  try {
    close_inherited();
    Daemon daemon(task.store, task.image, task.mountpoint, task.options, LogTo::record);
    leave_terminal();
    tell(parent, kReady, daemon.record().to_json());
    daemon.run();
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    if (parent) {
      try {
        tell(parent, kFailed, error.what());
      } catch (const Error&) {  // the command is gone: nobody is left to be told
      }
    }
    return EXIT_FAILURE;
  }
}

MountRecord start_daemon(const Task& task) {
  auto pipe = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) throw Error::from_errno("starting the daemon");
  if (child == 0) {
    pipe.read_end.reset();
    ::_exit(serve(task, std::move(pipe.write_end)));  // the caller's destructors and buffers are the parent's to run
  }
  pipe.write_end.reset();
  util::FdSource source(std::move(pipe.read_end), "the daemon's answer");
  const auto said = util::read_all(source, 1U << 20U, "the daemon's answer");
  if (said.starts_with(kReady)) return MountRecord::from_json(std::string_view(said).substr(1), "the daemon's answer");
  ::waitpid(child, nullptr, 0);
  if (said.starts_with(kFailed)) throw Error(said.substr(1));
  throw Error(fmt::format("the daemon for {} ended before the mount was ready", task.mountpoint));
}

}  // namespace

MountRecord start(const store::Store& store, const std::string& image, const std::string& directory,
                  const MountOptions& options, Run run) {
  const auto mountpoint = checked_mountpoint(store, directory);
  if (run == Run::not_at_all) {
    MountRecord record;
    record.image = store.get_image(image).display_name();
    record.mountpoint = mountpoint;
    record.options = options.str();
    return record;
  }
  sweep_records(store);
  const Task task{store, image, mountpoint, options};
  if (run == Run::background) return start_daemon(task);
  Daemon daemon(store, image, mountpoint, options, LogTo::stderr_too);
  daemon.run();
  return daemon.record();
}

}  // namespace lamina::mount
