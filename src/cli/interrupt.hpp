// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM as an exception at a place of the command's choosing, so that destructors tidy up.
#pragma once

#include <exception>

namespace lamina::cli {

struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

/// From now on SIGINT and SIGTERM are only noted; a second one ends the process as usual.
void catch_interrupts();

/// Throws Interrupted when one was noted.
void throw_if_interrupted();

}  // namespace lamina::cli
