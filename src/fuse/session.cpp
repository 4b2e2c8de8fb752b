// SPDX-License-Identifier: Apache-2.0
#include <lamina/fuse/session.hpp>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <lamina/util/error.hpp>
#include <lamina/util/log.hpp>

#include "server.hpp"

namespace lamina::fuse {
namespace {

using util::Error;

ssize_t read_hook(int, void* buffer, std::size_t size, void* userdata) {
  return static_cast<Server*>(userdata)->channel.read(buffer, size);
}

ssize_t write_hook(int, iovec* parts, int count, void* userdata) {
  return static_cast<Server*>(userdata)->channel.write(parts, count);
}

/// libfuse says why it failed only through its log.
util::Guarded<std::string>& last_complaint() {
  static util::Guarded<std::string> text;
  return text;
}

void log_hook(fuse_log_level level, const char* format, std::va_list arguments) {
  std::array<char, 512> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string line = text.data();
  while (!line.empty() && line.back() == '\n') line.pop_back();
  util::log(level <= FUSE_LOG_WARNING ? util::LogLevel::warning : util::LogLevel::debug, line);
  if (level <= FUSE_LOG_ERR) last_complaint().with([&](std::string& last) { last = std::move(line); });
}

struct Destroy {
  void operator()(fuse_session* session) const noexcept { fuse_session_destroy(session); }
};

/// Lets the kernel ask for half a megabyte at a time, where it would ask for 128 KiB: a quarter of the messages for
/// large files. Only root may; without it reads are slower and nothing else.
void raise_readahead(dev_t device) {
  std::ofstream(fmt::format("/sys/class/bdi/{}:{}/read_ahead_kb", major(device), minor(device))) << 512;
}

std::string joined(const std::vector<std::string>& options) {
  std::string text;
  for (const auto& option : options) text.append(text.empty() ? "" : ",").append(option);
  return text;
}

}  // namespace

struct Session::State {
  explicit State(const overlay::Overlay& overlay) : server(overlay) {}
  ~State() {
    stop();
    finish();
  }

  void mount(const SessionOptions& options);
  void start(unsigned count);
  void serve() noexcept;
  void stop() noexcept;
  void finish() noexcept;

  Server server;
  std::unique_ptr<fuse_session, Destroy> session;
  std::vector<std::thread> threads;
  std::once_flag finished;
};

void Session::State::mount(const SessionOptions& options) {
  fuse_set_log_func(log_hook);
  std::string name = "lamina";
  std::string dash_o = "-o";
  std::string text = joined(options.options);
  std::array<char*, 3> words{name.data(), dash_o.data(), text.data()};
  fuse_args arguments = FUSE_ARGS_INIT(text.empty() ? 1 : 3, words.data());
  session.reset(fuse_session_new(&arguments, &operations(), sizeof(fuse_lowlevel_ops), &server));
  fuse_opt_free_args(&arguments);
  const auto failed = [&](std::string_view doing) {
    return Error(
        fmt::format("{} {}: {}", doing, options.mountpoint, last_complaint().with([](auto& why) { return why; })));
  };
  if (!session) throw failed("setting up FUSE for");
  if (fuse_session_mount(session.get(), options.mountpoint.c_str()) != 0) throw failed("mounting");

  const int device = fuse_session_fd(session.get());
  server.channel.attach(device);
  if (options.data == DataMode::passthrough) server.passthrough.emplace(server.overlay, device);
  fuse_custom_io hooks{};
  hooks.read = read_hook;
  hooks.writev = write_hook;
  if (fuse_session_custom_io(session.get(), &hooks, device) != 0) throw failed("setting up FUSE for");
}

void Session::State::start(unsigned count) {
  // Signals are for the thread that waits for them, not for these.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([this] { serve(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Session::State::serve() noexcept {
  fuse_buf buffer{};
  while (fuse_session_exited(session.get()) == 0) {
    const int got = fuse_session_receive_buf(session.get(), &buffer);
    if (got == -EINTR) continue;
    if (got < 0) util::log(util::LogLevel::error, Error::from_errno("reading the FUSE device", -got).what());
    if (got <= 0) break;
    fuse_session_process_buf(session.get(), &buffer);
  }
  server.channel.pass_baton();
  std::free(buffer.mem);
}

void Session::State::stop() noexcept {
  if (session) fuse_session_exit(session.get());
  server.channel.stop();
}

void Session::State::finish() noexcept {
  std::call_once(finished, [this] {
    for (auto& thread : threads) thread.join();
    if (session) fuse_session_unmount(session.get());
  });
}

Session::Session(const overlay::Overlay& overlay, const SessionOptions& options)
    : state_(std::make_unique<State>(overlay)) {
  state_->mount(options);
  state_->start(options.threads);
  // INIT is answered by the time the first question about the root is.
  struct stat status {};
  if (::stat(options.mountpoint.c_str(), &status) != 0)
    throw Error::from_errno(fmt::format("looking at the new mount on {}", options.mountpoint));
  raise_readahead(status.st_dev);
}

Session::~Session() = default;

void Session::wait() noexcept { state_->finish(); }

void Session::stop() noexcept { state_->stop(); }

std::map<std::string, std::uint64_t> Session::requests() const { return state_->server.channel.requests(); }

}  // namespace lamina::fuse
