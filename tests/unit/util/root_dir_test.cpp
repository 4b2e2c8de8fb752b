// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <lamina/util/error.hpp>
#include <lamina/util/root_dir.hpp>

#include "support/temp_dir.hpp"

namespace lamina::util {
namespace {

class RootDirTest : public testing::Test {
protected:
  test::TempDir temp_;
  RootDir root_ = RootDir::open(temp_.str());
};

TEST_F(RootDirTest, NeverLeavesItself) {
  temp_.write("inside/file", "x");
  std::filesystem::create_symlink("/etc/passwd", temp_.path() / "out");
  std::filesystem::create_directory_symlink("inside", temp_.path() / "within");
  for (const char* path : {"../x", "/etc/passwd", "out", "inside/../../x"}) {
    EXPECT_THROW(root_.open_file(path), Error) << path;
  }
  EXPECT_THROW(root_.open_file("within/file"), Error) << "not even a link that stays inside is followed";
  EXPECT_NO_THROW(root_.open_file("inside/file"));
}

TEST_F(RootDirTest, TellsAbsentFromFailed) {
  EXPECT_FALSE(root_.find_file("absent"));
  EXPECT_FALSE(root_.find_stat("absent/below"));
  EXPECT_FALSE(root_.find_text("absent"));
  EXPECT_FALSE(root_.remove_file("absent"));
  EXPECT_TRUE(root_.list("absent").empty());
  EXPECT_THROW(root_.open_file("absent"), Error);
  temp_.write("long", std::string(100, 'x'));
  EXPECT_THROW(root_.find_text("long", 99), Error);
}

TEST_F(RootDirTest, ErrorsNameTheFullPath) {
  try {
    root_.open_file("no/such");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(temp_.str("no/such")), std::string::npos) << error.what();
    EXPECT_EQ(error.code(), ENOENT);
  }
}

TEST_F(RootDirTest, RenameWithoutReplaceSparesTheTarget) {
  temp_.write("a", "A");
  temp_.write("b", "B");
  EXPECT_FALSE(root_.rename("a", root_, "b", Replace::no));
  EXPECT_EQ(temp_.read("b"), "B");
  EXPECT_TRUE(root_.rename("a", root_, "b", Replace::yes));
  EXPECT_EQ(temp_.read("b"), "A");
}

TEST_F(RootDirTest, RemoveAllRemovesLinksNotTheirTargets) {
  const test::TempDir other;
  other.write("kept", "x");
  temp_.write("tree/deep/file", "x");
  std::filesystem::create_directory_symlink(other.path(), temp_.path() / "tree/link");
  root_.remove_all("tree");
  EXPECT_FALSE(root_.exists("tree"));
  EXPECT_EQ(other.read("kept"), "x");
}

TEST_F(RootDirTest, ListsInByteOrder) {
  for (const char* name : {"b", "A", "\xff", "a"}) temp_.write(name, "");
  EXPECT_EQ(root_.list(), (std::vector<std::string>{"A", "a", "b", "\xff"}));
}

TEST_F(RootDirTest, ReadsLinksAndXattrs) {
  std::filesystem::create_symlink("somewhere/else", temp_.path() / "link");
  EXPECT_EQ(root_.read_link("link"), "somewhere/else");
  EXPECT_TRUE(root_.xattrs("link").empty());
}

TEST_F(RootDirTest, AnUnnamedFileLeavesNothing) {
  const Fd file = root_.create_unnamed();
  write_all(file, as_bytes("text"), "test");
  EXPECT_EQ(file_size(file, "test"), 4U);
  EXPECT_TRUE(root_.list().empty());
}

}  // namespace
}  // namespace lamina::util
