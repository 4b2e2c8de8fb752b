// SPDX-License-Identifier: Apache-2.0
// The one exception type. Failure is an Error, absence is a value (std::optional); an errno exists only
// at the edges (system calls below, FUSE replies above).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lamina::util {

/// A failure with the sentence a user reads (what was being done, to what, why) and an errno for the FUSE edge.
class Error : public std::runtime_error {
public:
  /// `message` is complete: it is shown to the user as it is. `code` is an errno, EIO unless a caller knows better.
  explicit Error(const std::string& message);
  Error(const std::string& message, int code);

  /// "`doing`: strerror(code)"; `code` defaults to the current errno.
  static Error from_errno(std::string_view doing);
  static Error from_errno(std::string_view doing, int code);

  int code() const noexcept { return code_; }

private:
  int code_;
};

/// True for the errnos that mean "there is no such name": ENOENT and ENOTDIR.
bool is_absent(int code) noexcept;

/// `text` with control and non-UTF-8 bytes as \xHH, so that names from archives are safe on a terminal.
std::string printable(std::string_view text);

}  // namespace lamina::util
