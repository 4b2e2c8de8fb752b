// SPDX-License-Identifier: Apache-2.0
#include <lamina/overlay/tree_run.hpp>

#include <set>

#include <gtest/gtest.h>

namespace lamina::overlay {
namespace {

TEST(TreeRun, BelievesInARunAfterAFewFiles) {
  TreeRun run;
  EXPECT_FALSE(run.note(100));
  EXPECT_FALSE(run.note(101));
  EXPECT_FALSE(run.note(103));
  EXPECT_EQ(run.note(104), (InoRange{105, 112}));
}

TEST(TreeRun, StaysAheadAndGivesEachNodeOnce) {
  TreeRun run;
  std::set<Ino> given;
  Ino late = 0;  // reads that came before their prefetch
  for (Ino ino = 1; ino <= 1000; ++ino) {
    if (ino > 4 && !given.contains(ino)) ++late;
    if (const auto range = run.note(ino)) {
      EXPECT_GT(range->first, ino);
      EXPECT_LE(range->last, ino + 64);
      for (Ino next = range->first; next <= range->last; ++next) EXPECT_TRUE(given.insert(next).second) << next;
    }
  }
  EXPECT_EQ(late, 0U);
}

TEST(TreeRun, IsNotMovedByReadsInAnyOtherOrder) {
  TreeRun run;
  for (Ino ino = 1000; ino > 0; --ino) EXPECT_FALSE(run.note(ino));
  for (Ino ino = 0; ino < 1000; ++ino) EXPECT_FALSE(run.note(1 + ino * 7919 % 100'000));
  for (Ino ino = 0; ino < 100; ++ino) EXPECT_FALSE(run.note(500)) << "one file again and again";
}

TEST(TreeRun, EndsWhereTheOrderEnds) {
  TreeRun run;
  for (Ino ino = 1; ino < 50; ++ino) run.note(ino);
  EXPECT_FALSE(run.note(10'000));
  EXPECT_FALSE(run.note(10'001));
  EXPECT_FALSE(run.note(10'002));
  EXPECT_EQ(run.note(10'003), (InoRange{10'004, 10'011}));
}

}  // namespace
}  // namespace lamina::overlay
