// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/log.hpp>

#include <memory>

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <lamina/util/error.hpp>
#include <lamina/util/fd.hpp>

namespace lamina::util {
namespace {

/// The one logger of the process; null until a destination is chosen.
std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

void use(std::shared_ptr<spdlog::sinks::sink> sink, spdlog::level::level_enum lowest) {
  logger() = std::make_shared<spdlog::logger>("lamina", std::move(sink));
  logger()->set_level(lowest);
  logger()->flush_on(spdlog::level::info);
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void log_to_file(const std::string& path) {
  const Fd made(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));  // spdlog would use the umask
  if (!made) throw Error::from_errno("opening the log " + path);
  use(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path), spdlog::level::info);
}

void log_to_stderr(LogLevel lowest) { use(std::make_shared<spdlog::sinks::stderr_sink_mt>(), to_spdlog(lowest)); }

void log(LogLevel level, std::string_view message) {
  if (logger()) logger()->log(to_spdlog(level), message);
}

}  // namespace lamina::util
