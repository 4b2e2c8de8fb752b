// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/byte_locks.hpp>

#include <limits>

#include <gtest/gtest.h>

#include <lamina/util/root_dir.hpp>

#include "support/temp_dir.hpp"

namespace lamina::util {
namespace {

TEST(ByteLocks, EachByteIsLockedAlone) {
  const test::TempDir temp;
  const auto dir = RootDir::open(temp.str("."));
  ByteLocks second(dir.open_or_create("locks"));
  {
    ByteLocks first(dir.open_or_create("locks"));
    constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
    EXPECT_TRUE(first.try_lock(7));
    EXPECT_TRUE(first.try_lock(7)) << "it has it already";
    EXPECT_TRUE(first.try_lock(kLast));
    EXPECT_FALSE(second.try_lock(7));
    EXPECT_FALSE(second.try_lock(kLast));
    EXPECT_TRUE(second.try_lock(6));
    EXPECT_TRUE(second.try_lock(8));
    EXPECT_FALSE(first.try_lock(8));
  }
  EXPECT_TRUE(second.try_lock(7)) << "the first one is gone";
}

}  // namespace
}  // namespace lamina::util
