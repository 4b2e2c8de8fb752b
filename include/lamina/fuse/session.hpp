// SPDX-License-Identifier: Apache-2.0
// Session: one FUSE mount of one Overlay, served by its own threads from the constructor's end to wait()'s. All
// methods may be called from any thread; none throws after construction.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <lamina/overlay/overlay.hpp>

namespace lamina::fuse {

/// How file contents reach a reader.
enum class DataMode {
  cache,        ///< no OPEN message at all; READ messages fill the page cache, which is kept
  passthrough,  ///< the kernel reads the object itself (CAP_SYS_ADMIN, Linux 6.9); else as `cache`, with OPENs
};

struct SessionOptions {
  std::string mountpoint;            ///< absolute
  std::vector<std::string> options;  ///< mount(8) options beside those the session needs: "ro", "nosuid", "fsname=…"
  DataMode data = DataMode::cache;
  unsigned threads = 8;  ///< 1 or more
};

class Session {
public:
  /// Mounts; on return the mount answers. `overlay` must outlive the session. Throws Error when mounting fails.
  Session(const overlay::Overlay& overlay, const SessionOptions& options);
  /// Unmounts lazily what is still mounted.
  ~Session();

  /// Waits until the file system was unmounted or stop() was called, and every request is answered.
  void wait() noexcept;
  /// Makes wait() return; requests that come later fail.
  void stop() noexcept;

  /// Messages received so far by opcode name ("LOOKUP"); opcodes never seen are left out.
  std::map<std::string, std::uint64_t> requests() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::fuse
