// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include <lamina/util/source.hpp>

namespace lamina::util {
namespace {

// Large enough that a hand-over (a wake-up of the other thread) is rare beside the work on a chunk, small enough
// that all chunks stay in the second-level cache.
constexpr std::size_t kChunkSize = std::size_t{256} << 10U;
constexpr std::size_t kChunks = 4;

struct Chunk {
  std::vector<std::byte> bytes = std::vector<std::byte>(kChunkSize);
  std::size_t length = 0;  ///< 0: the end
};

}  // namespace

/// A ring of chunks: the thread fills [written, read + kChunks), the reader empties [read, written).
struct ReadAhead::State {
  std::unique_ptr<Source> inner;
  std::array<Chunk, kChunks> chunks;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t written = 0;
  std::size_t consumed = 0;
  bool stop = false;
  std::exception_ptr failure;
  std::size_t position = 0;  ///< in the chunk being read; the reader's alone
  bool ended = false;        ///< the reader's alone
  std::thread thread;

  void fill(Chunk& chunk) {
    chunk.length = 0;
    while (chunk.length < kChunkSize) {
      const std::size_t got = inner->read(std::span(chunk.bytes).subspan(chunk.length));
      if (got == 0) break;
      chunk.length += got;
    }
  }

  void run() {
    try {
      for (bool more = true; more;) {
        std::unique_lock hold(mutex);
        changed.wait(hold, [&] { return stop || written - consumed < kChunks; });
        if (stop) return;
        Chunk& chunk = chunks[written % kChunks];
        hold.unlock();
        fill(chunk);
        more = chunk.length != 0;
        hold.lock();
        ++written;
        changed.notify_one();
      }
    } catch (...) {
      const std::lock_guard hold(mutex);
      failure = std::current_exception();
      changed.notify_one();
    }
  }
};

ReadAhead::ReadAhead(std::unique_ptr<Source> inner) : state_(std::make_unique<State>()) {
  state_->inner = std::move(inner);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard hold(state_->mutex);
    state_->stop = true;
    state_->changed.notify_one();
  }
  state_->thread.join();
}

std::size_t ReadAhead::read(std::span<std::byte> into) {
  State& state = *state_;
  if (state.ended || into.empty()) return 0;
  {
    std::unique_lock hold(state.mutex);
    state.changed.wait(hold, [&] { return state.failure || state.written > state.consumed; });
    if (state.written == state.consumed) std::rethrow_exception(state.failure);
  }
  const Chunk& chunk = state.chunks[state.consumed % kChunks];
  if (chunk.length == 0) {
    state.ended = true;
    return 0;
  }
  const std::size_t count = std::min(into.size(), chunk.length - state.position);
  std::memcpy(into.data(), chunk.bytes.data() + state.position, count);
  state.position += count;
  if (state.position == chunk.length) {
    state.position = 0;
    const std::lock_guard hold(state.mutex);
    ++state.consumed;
    state.changed.notify_one();
  }
  return count;
}

}  // namespace lamina::util
