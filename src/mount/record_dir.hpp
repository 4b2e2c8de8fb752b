// SPDX-License-Identifier: Apache-2.0
// RecordDir: mounts/ID/ in the hands of the daemon that owns it.
#pragma once

#include <string>

#include <lamina/mount/record.hpp>
#include <lamina/util/file_lock.hpp>

namespace lamina::mount {

class RecordDir {
public:
  /// Gives `record` an id and makes it visible, locked. The destructor removes it.
  static RecordDir publish(const store::Store& store, MountRecord record);
  RecordDir(RecordDir&& other) noexcept;
  RecordDir& operator=(RecordDir&&) = delete;
  ~RecordDir();

  const MountRecord& record() const noexcept { return record_; }
  std::string log_path() const;

private:
  RecordDir(util::RootDir mounts, util::FileLock lock, MountRecord record)
      : mounts_(std::move(mounts)), lock_(std::move(lock)), record_(std::move(record)) {}

  util::RootDir mounts_;
  std::optional<util::FileLock> lock_;  ///< nullopt: moved from
  MountRecord record_;
};

/// Waits up to ten seconds for the daemon of a record to end. False when it still lives.
bool wait_for_end(const store::Store& store, const std::string& id);

/// Removes what a dead daemon left behind.
void remove_record(const store::Store& store, const std::string& id);

}  // namespace lamina::mount
