// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/early_sync.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

#include <unistd.h>

namespace lamina::util {
namespace {

constexpr std::uint64_t kStep = std::uint64_t{32} << 20U;  // bytes; a disk is kept busy, and its journal is not

}  // namespace

struct EarlySync::State {
  explicit State(const RootDir& dir) : own(dir.open_dir(".")), thread([this] { run(); }) {}

  void run() {
    std::unique_lock hold(mutex);
    for (;;) {
      changed.wait(hold, [this] { return stop || pending >= kStep; });
      if (stop) return;
      pending = 0;
      hold.unlock();
      static_cast<void>(::syncfs(own.fd().get()));
      hold.lock();
    }
  }

  RootDir own;  ///< a descriptor of its own: an error is reported once to each
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t pending = 0;
  bool stop = false;
  std::thread thread;
};

EarlySync::EarlySync(const RootDir& dir) : state_(std::make_unique<State>(dir)) {}

EarlySync::~EarlySync() {
  {
    const std::lock_guard hold(state_->mutex);
    state_->stop = true;
    state_->changed.notify_one();
  }
  state_->thread.join();
}

void EarlySync::add(std::uint64_t bytes) {
  const std::lock_guard hold(state_->mutex);
  state_->pending += bytes;
  if (state_->pending >= kStep) state_->changed.notify_one();
}

}  // namespace lamina::util
