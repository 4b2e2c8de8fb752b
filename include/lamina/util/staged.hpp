// SPDX-License-Identifier: Apache-2.0
// Staged: a directory of one's own below tmp/, locked by its owner, removed by the destructor. What is built
// in it becomes visible by being renamed out. After a crash the lock is gone, and sweep() takes exactly such orphans.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <lamina/util/file_lock.hpp>
#include <lamina/util/root_dir.hpp>

namespace lamina::util {

class Staged {
public:
  /// Makes and locks a new directory below `tmp`.
  static Staged create(const RootDir& tmp);
  Staged(Staged&& other) noexcept;
  Staged& operator=(Staged&&) = delete;
  ~Staged();

  const RootDir& dir() const noexcept { return dir_; }
  /// Leaves it, as if this process had died, to a sweep.
  void abandon() noexcept { name_.clear(); }

private:
  Staged(RootDir tmp, std::string name, RootDir dir, FileLock lock);
  RootDir tmp_;
  std::string name_;
  RootDir dir_;
  FileLock lock_;
};

/// stage below `tmp` → fsync → rename → fsync directory: readers of dir/name see the old text or the new, whole.
void publish_text(const RootDir& tmp, const RootDir& dir, const std::string& name, std::string_view text);

/// Removes every entry of `tmp` whose owner is gone and that `may_go`, too, lets go; returns how many.
std::size_t sweep_staging(
    const RootDir& tmp, const std::function<bool(const RootDir&)>& may_go = [](const RootDir&) { return true; });

}  // namespace lamina::util
