// SPDX-License-Identifier: Apache-2.0
// Daemon: the process that serves one mount, from the record's first appearance to its removal.
#pragma once

#include <memory>
#include <string>

#include <lamina/fuse/session.hpp>
#include <lamina/mount/options.hpp>
#include <lamina/overlay/overlay.hpp>
#include <lamina/store/store.hpp>

#include "record_dir.hpp"

namespace lamina::mount {

/// Where the daemon's log goes.
enum class LogTo { record, stderr_too };

class Daemon {
public:
  /// Publishes the record and mounts; on return the mount answers. `mountpoint` is absolute. Throws Error with
  /// nothing left behind. Blocks SIGTERM, SIGINT and SIGHUP in this process for run().
  Daemon(const store::Store& store, const std::string& image, const std::string& mountpoint,
         const MountOptions& options, LogTo log);

  /// Serves until the file system is unmounted or one of the signals comes.
  void run();

  const MountRecord& record() const noexcept { return record_->record(); }

private:
  void write_statistics() const;

  std::string statistics_path_;
  std::unique_ptr<RecordDir> record_;
  std::unique_ptr<overlay::Overlay> overlay_;
  std::unique_ptr<fuse::Session> session_;
};

}  // namespace lamina::mount
