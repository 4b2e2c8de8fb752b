// SPDX-License-Identifier: Apache-2.0
#include "mount_table.hpp"

#include <gtest/gtest.h>

namespace lamina::mount {
namespace {

TEST(MountTable, ReadsWhatProcDescribes) {
  const auto entries = parse_mount_table(
      "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"
      "21 1 0:20 / /odd\\040one\\012\\134 rw - fuse.lamina lamina:a rw\n"
      "no mount at all\n"
      "22 1 0:21 / /cut rw -\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].mountpoint, "/mnt2");
  EXPECT_EQ(entries[0].type, "ext3");
  EXPECT_EQ(entries[1].mountpoint, "/odd one\n\\");
  EXPECT_EQ(entries[1].type, kFsType);
}

TEST(MountTable, FindsTheSystemsOwn) {
  EXPECT_EQ(find_mount("/proc").value().type, "proc");
  EXPECT_FALSE(find_mount("/proc/self"));
  EXPECT_TRUE(find_mount("/"));
}

}  // namespace
}  // namespace lamina::mount
