// SPDX-License-Identifier: Apache-2.0
// The daemon's log. Silent until a destination is chosen; commands speak on the terminal through cli only.
#pragma once

#include <string>
#include <string_view>

namespace lamina::util {

enum class LogLevel { debug, info, warning, error };

/// Appends to the file at `path` (created 0600) from now on. Thread-safe afterwards.
void log_to_file(const std::string& path);

/// Writes to standard error from now on (for a daemon in the foreground).
void log_to_stderr(LogLevel lowest);

void log(LogLevel level, std::string_view message);

}  // namespace lamina::util
