// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.hpp"

namespace lamina::ingest {
namespace {

TEST_F(IngestTest, ADirectoryBecomesOneLayer) {
  temp_.write("root/bin/tool", "content");
  temp_.write("root/etc/conf", "x");
  std::filesystem::create_hard_link(temp_.path() / "root/bin/tool", temp_.path() / "root/bin/other");
  std::filesystem::create_symlink("bin/tool", temp_.path() / "root/link");
  ASSERT_EQ(::mkfifo(temp_.str("root/pipe").c_str(), 0600), 0);
  ASSERT_EQ(::chmod(temp_.str("root/bin/tool").c_str(), 04755), 0);

  const auto result = import_one("rootfs:" + temp_.str("root"));
  const auto image = store_.get_image(result.id.str());
  const auto tree = store_.merged_tree(image);
  const auto inode_of = [&](const char* path) {
    return tree.inode(*tree::find_path(tree, path, tree::FollowLast::no));
  };
  EXPECT_EQ(read(result.id.str(), "bin/other"), "content");
  EXPECT_EQ(inode_of("bin/tool").nlink, 2U);
  EXPECT_EQ(inode_of("bin/tool").mode, S_IFREG | 04755U);
  EXPECT_TRUE(S_ISFIFO(inode_of("pipe").mode));
  EXPECT_EQ(tree.symlink_target(*tree::find_path(tree, "link", tree::FollowLast::no)), "bin/tool");
  EXPECT_EQ(image.config.cmd, std::vector<std::string>{"/bin/sh"});
  EXPECT_EQ(image.config.history.size(), 1U);
  EXPECT_TRUE(store::check(store_).problems.empty());
}

TEST_F(IngestTest, TheSameDirectoryGivesTheSameImage) {
  temp_.write("root/b", "2");
  temp_.write("root/a", "1");
  ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
  const auto first = import_one(temp_.str("root")).id;
  const auto second = import_one("rootfs:" + temp_.str("root")).id;
  ::unsetenv("SOURCE_DATE_EPOCH");
  EXPECT_EQ(store_.get_image(first.str()).config.diff_ids, store_.get_image(second.str()).config.diff_ids);
  EXPECT_EQ(store_.get_image(first.str()).config.created, "2023-11-14T22:13:20Z");
}

TEST_F(IngestTest, SocketsAreLeftOut) {
  temp_.write("root/file", "1");
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  temp_.str("root/socket").copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  const auto result = import_one("rootfs:" + temp_.str("root"));
  EXPECT_EQ(read(result.id.str(), "socket"), "<absent>");
  EXPECT_EQ(read(result.id.str(), "file"), "1");
}

TEST_F(IngestTest, APlainTarBecomesOneLayerAsItIs) {
  const auto tar = Tar().file("a", "1").bytes();
  temp_.write("plain.tar", tar);
  const auto result = import_one(temp_.str("plain.tar"));
  EXPECT_EQ(store_.get_image(result.id.str()).config.diff_ids.front().str(), digest_of(tar));
}

TEST_F(IngestTest, WhatIsNeitherIsRefused) {
  EXPECT_TRUE(says(refusal("rootfs:" + temp_.str("absent")), "No such file"));
  EXPECT_TRUE(says(refusal(temp_.str("absent")), "no such file"));
  EXPECT_TRUE(says(refusal("docker://debian"), "no such file"));
  EXPECT_FALSE(refusal("rootfs:/dev/null").empty());
  temp_.write("nothing", "");
  EXPECT_TRUE(says(refusal("rootfs:" + temp_.str("nothing")), "is empty"));
  temp_.write("text", "This is no archive, though it is long enough. " + std::string(1000, '.'));
  EXPECT_FALSE(refusal(temp_.str("text")).empty());
}

}  // namespace
}  // namespace lamina::ingest
