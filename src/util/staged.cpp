// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/staged.hpp>

#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

#include <lamina/util/error.hpp>
#include <lamina/util/log.hpp>

namespace lamina::util {

Staged Staged::create(const RootDir& tmp) {
  static std::atomic<unsigned> counter = 0;
  for (;;) {
    std::string name = fmt::format("{}-{}", ::getpid(), counter++);
    if (!tmp.make_dir(name)) continue;
    auto dir = tmp.find_dir(name);
    if (!dir) continue;
    auto lock = FileLock::find(dir->open_file("."), LockMode::exclusive);
    // Between making and locking, a sweeper may have taken it for an orphan: then we start again.
    if (lock && tmp.exists(name)) return {tmp.open_dir("."), std::move(name), std::move(*dir), std::move(*lock)};
  }
}

Staged::Staged(RootDir tmp, std::string name, RootDir dir, FileLock lock)
    : tmp_(std::move(tmp)), name_(std::move(name)), dir_(std::move(dir)), lock_(std::move(lock)) {}

Staged::Staged(Staged&& other) noexcept
    : tmp_(std::move(other.tmp_)),
      name_(std::exchange(other.name_, {})),
      dir_(std::move(other.dir_)),
      lock_(std::move(other.lock_)) {}

Staged::~Staged() {
  if (name_.empty()) return;
  try {
    tmp_.remove_all(name_);
  } catch (const Error& error) {
    log(LogLevel::warning, error.what());  // the next command's sweep takes what is left
  }
}

void publish_text(const RootDir& tmp, const RootDir& dir, const std::string& name, std::string_view text) {
  const Staged staged = Staged::create(tmp);
  const Fd file = staged.dir().create_file("text");
  write_all(file, as_bytes(text), dir.full(name));
  if (::fsync(file.get()) != 0) throw Error::from_errno(fmt::format("syncing {}", dir.full(name)));
  staged.dir().rename("text", dir, name, Replace::yes);
  dir.sync();
}

std::size_t sweep_staging(const RootDir& tmp, const std::function<bool(const RootDir&)>& may_go) {
  std::size_t swept = 0;
  for (const auto& name : tmp.list()) {
    const auto dir = tmp.find_dir(name);
    if (!dir) continue;
    if (const auto lock = FileLock::find(dir->open_file("."), LockMode::exclusive); lock && may_go(*dir)) {
      tmp.remove_all(name);
      ++swept;
    }
  }
  return swept;
}

}  // namespace lamina::util
