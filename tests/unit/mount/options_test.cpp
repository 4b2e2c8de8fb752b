// SPDX-License-Identifier: Apache-2.0
#include <lamina/mount/options.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

namespace lamina::mount {
namespace {

MountOptions parse(std::vector<std::string> lists) { return MountOptions::parse(lists); }

TEST(MountOptions, AnImageGainsNoPrivilegeUnlessAsked) {
  const auto options = parse({});
  EXPECT_FALSE(options.read_only);
  EXPECT_EQ(options.str(), "rw,nosuid,nodev");
  EXPECT_EQ(options.allow_other, std::nullopt);
  EXPECT_EQ(options.data, std::nullopt);
}

TEST(MountOptions, ReadsListsInOrderAndTheLastWordWins) {
  EXPECT_EQ(parse({"ro,suid", "dev,noexec"}).str(), "ro,suid,dev,noexec");
  EXPECT_EQ(parse({"ro,suid,dev,noexec", "rw,nosuid,nodev,exec"}).str(), "rw,nosuid,nodev");
  EXPECT_EQ(parse({"ro,allow_other,data=passthrough"}).str(), "ro,nosuid,nodev,allow_other,data=passthrough");
  EXPECT_EQ(parse({"data=passthrough", "data=cache"}).data, fuse::DataMode::cache);
}

TEST(MountOptions, TakesWhatScriptsAndFstabAdd) {
  EXPECT_EQ(parse({"defaults,noatime,,nofail,x-systemd.automount,_netdev,ro,"}).str(), "ro,nosuid,nodev");
}

TEST(MountOptions, TakesWhatMountHelpersAreGiven) {
  EXPECT_EQ(parse({"ro,user=somebody,users,owner,group,comment=x y,X-mount.mkdir,auto,noauto"}).str(),
            "ro,nosuid,nodev");
  EXPECT_EQ(parse({"ro,allow_suid,allow_dev"}).str(), "ro,suid,dev");
  EXPECT_EQ(MountOptions::parse(std::vector<std::string>{"no-such,ro"}, UnknownWords::ignore).str(), "ro,nosuid,nodev");
}

TEST(MountOptions, NamesWhatItDoesNotKnow) {
  for (const std::string word : {"lowerdir=/x", "data=fast", "RO", "ro "}) {
    try {
      parse({"nodev," + word});
      ADD_FAILURE() << word;
    } catch (const util::Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace lamina::mount
