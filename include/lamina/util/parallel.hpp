// SPDX-License-Identifier: Apache-2.0
// run_parallel: a loop whose passes run in several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace lamina::util {

/// Calls work(0) to work(count - 1), each once, from one thread for each processor, but `most` at most. After the
/// first exception no further call begins; when those that run have ended, it is thrown here.
void run_parallel(std::size_t count, std::size_t most, const std::function<void(std::size_t)>& work);

}  // namespace lamina::util
