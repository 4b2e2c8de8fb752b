// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/parallel.hpp>

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace lamina::util {
namespace {

TEST(RunParallel, CallsEachOnce) {
  std::vector<std::atomic<int>> calls(1000);
  run_parallel(calls.size(), 4, [&](std::size_t i) { ++calls[i]; });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
  run_parallel(0, 4, [](std::size_t) { FAIL(); });
}

TEST(RunParallel, StopsAtTheFirstException) {
  std::atomic<int> calls = 0;
  const auto work = [&](std::size_t i) {
    ++calls;
    if (i == 10) throw std::runtime_error("ten");
  };
  EXPECT_THROW(run_parallel(1'000'000, 4, work), std::runtime_error);
  EXPECT_LT(calls, 1'000'000);
}

}  // namespace
}  // namespace lamina::util
