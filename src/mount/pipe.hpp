// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lamina/util/fd.hpp>

namespace lamina::mount {

struct Pipe {
  util::Fd read_end;
  util::Fd write_end;
};

/// Both ends are closed on exec. Throws Error.
Pipe make_pipe();

}  // namespace lamina::mount
