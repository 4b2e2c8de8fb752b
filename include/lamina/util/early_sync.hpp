// SPDX-License-Identifier: Apache-2.0
// EarlySync: has a file system write out what was written to it while more is being written, in a thread of its own, so
// that the sync that counts finds little left to do. Only a help: it reports no errors, and takes none from that sync.
#pragma once

#include <cstdint>
#include <memory>

#include <lamina/util/root_dir.hpp>

namespace lamina::util {

class EarlySync {
public:
  explicit EarlySync(const RootDir& dir);
  ~EarlySync();
  EarlySync(const EarlySync&) = delete;
  EarlySync& operator=(const EarlySync&) = delete;

  /// So many bytes were written. From any thread.
  void add(std::uint64_t bytes);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::util
