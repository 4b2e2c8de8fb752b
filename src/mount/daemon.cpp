// SPDX-License-Identifier: Apache-2.0
#include "daemon.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <lamina/util/error.hpp>
#include <lamina/util/log.hpp>

namespace lamina::mount {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

/// Descriptors for objects: half of what the process may open, which also bounds what the kernel keeps in memory.
std::size_t descriptor_budget() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::clamp<std::size_t>(limit.rlim_cur / 2, 1, 4096);
}

std::string environment_path(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : std::filesystem::absolute(value).string();
}

/// What is left open, decided: as measured over whole workloads, only long reads of large files gain by passthrough,
/// and every other one loses by its OPEN messages (tools/bench).
MountOptions with_defaults(MountOptions options) {
  if (!options.allow_other) options.allow_other = ::geteuid() == 0;
  if (!options.data) options.data = fuse::DataMode::cache;
  return options;
}

/// `options` have their defaults.
fuse::SessionOptions session_options(const MountRecord& record, const MountOptions& options) {
  fuse::SessionOptions session;
  session.mountpoint = record.mountpoint;
  session.options = {"ro", "default_permissions", "subtype=lamina",
                     "fsname=" + (options.source.empty() ? "lamina:" + record.image : options.source)};
  session.options.emplace_back(options.suid ? "suid" : "nosuid");
  session.options.emplace_back(options.dev ? "dev" : "nodev");
  if (!options.exec) session.options.emplace_back("noexec");
  if (*options.allow_other) session.options.emplace_back("allow_other");
  session.data = *options.data;
  return session;
}

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Daemon::Daemon(const store::Store& store, const std::string& image_name, const std::string& mountpoint,
               const MountOptions& asked, LogTo log)
    : statistics_path_(environment_path("LAMINA_STATS")) {
  const auto signals = ending_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::mallopt(M_ARENA_MAX, 2);  // a heap for each thread would only hold what the others freed

  const auto options = with_defaults(asked);
  auto lease = store.lock(util::LockMode::shared);  // no removal between looking the image up and the record
  const auto image = store.get_image(image_name);
  auto tree = store.merged_tree(image);
  MountRecord record;
  record.image = image.display_name();
  record.image_id = image.record.id.str();
  record.chain_id = image.record.chain.str();
  record.mountpoint = mountpoint;
  record.options = options.str();
  record.started = now();
  record.pid = ::getpid();
  record_ = std::make_unique<RecordDir>(RecordDir::publish(store, std::move(record)));
  if (log == LogTo::record) util::log_to_file(record_->log_path());
  else util::log_to_stderr(util::LogLevel::info);

  overlay::ObjectFiles objects([&store](const digest::Digest& digest) { return store.open_object(digest); },
                               descriptor_budget());
  overlay_ = std::make_unique<overlay::Overlay>(std::move(tree), std::move(objects));
  session_ = std::make_unique<fuse::Session>(*overlay_, session_options(record_->record(), options));
  util::log(util::LogLevel::info,
            fmt::format("{} is mounted on {} ({})", this->record().image, mountpoint, this->record().options));
}

void Daemon::run() {
  std::thread signals([this] {
    const auto awaited = ending_signals();
    int signal = 0;
    sigwait(&awaited, &signal);
    session_->stop();
  });
  session_->wait();
  pthread_kill(signals.native_handle(), SIGTERM);
  signals.join();
  write_statistics();
}

void Daemon::write_statistics() const {
  const auto requests = session_->requests();
  util::log(util::LogLevel::info, fmt::format("ended; requests: {}", requests));
  if (statistics_path_.empty()) return;
  std::ofstream file(statistics_path_);
  file << nlohmann::json(requests).dump() << '\n';
  if (!file.flush()) util::log(util::LogLevel::warning, fmt::format("cannot write {}", statistics_path_));
}

}  // namespace lamina::mount
