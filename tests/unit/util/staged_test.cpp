// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lamina/util/staged.hpp>

#include "support/temp_dir.hpp"

namespace lamina::util {
namespace {

class StagedTest : public testing::Test {
protected:
  test::TempDir temp_;
  RootDir tmp_ = RootDir::open(temp_.str());
};

TEST_F(StagedTest, LeavesNothingBehind) {
  {
    const Staged staged = Staged::create(tmp_);
    staged.dir().make_dirs("deep/er");
    EXPECT_EQ(tmp_.list().size(), 1U);
  }
  EXPECT_TRUE(tmp_.list().empty());
}

TEST_F(StagedTest, SweepSparesTheLivingAndTakesTheDead) {
  const Staged living = Staged::create(tmp_);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Staged dead = Staged::create(tmp_);
    ::_exit(0);  // as a kill would: no destructor runs
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(tmp_.list().size(), 2U);
  EXPECT_EQ(sweep_staging(tmp_), 1U);
  EXPECT_EQ(tmp_.list().size(), 1U);
  EXPECT_NO_THROW(living.dir().make_dir("still-mine"));
}

TEST_F(StagedTest, PublishedTextIsOldOrNew) {
  const test::TempDir target;
  const auto dir = RootDir::open(target.str());
  publish_text(tmp_, dir, "name", "old");
  publish_text(tmp_, dir, "name", "new");
  EXPECT_EQ(target.read("name"), "new");
  EXPECT_TRUE(tmp_.list().empty());
}

TEST_F(StagedTest, LocksExcludeEachOther) {
  temp_.write("lock", "");
  const auto open = [&] { return tmp_.open_file("lock"); };
  auto shared = FileLock::find(open(), LockMode::shared);
  ASSERT_TRUE(shared);
  EXPECT_TRUE(FileLock::find(open(), LockMode::shared));
  EXPECT_FALSE(FileLock::find(open(), LockMode::exclusive));
  shared.reset();
  EXPECT_TRUE(FileLock::find(open(), LockMode::exclusive));
}

}  // namespace
}  // namespace lamina::util
