// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

TEST_F(RootDirTest, MetadataIsTheEntrysOwn) {
  temp_.write("file", "x");
  std::filesystem::create_symlink("file", temp_.path() / "link");
  Metadata metadata;
  metadata.mode = S_IFLNK | 0777U;
  metadata.mtime = {-5, 7};
  root_.apply_metadata("link", metadata, Owner::callers);
  EXPECT_EQ(root_.find_stat("link")->st_mtim.tv_sec, -5);
  EXPECT_EQ(root_.find_stat("link")->st_mtim.tv_nsec, 7);
  EXPECT_NE(root_.find_stat("file")->st_mtim.tv_sec, -5) << "what a link leads to is left alone";
  metadata.mode = S_IFREG | 04711U;
  metadata.uid = ::geteuid();
  metadata.gid = ::getegid();
  root_.apply_metadata("file", metadata, Owner::given);
  EXPECT_EQ(root_.find_stat("file")->st_mode, S_IFREG | 04711U) << "a new owner takes no set-ID bit away";
  EXPECT_THROW(root_.apply_metadata("absent", metadata, Owner::callers), Error);
}

TEST_F(RootDirTest, MakesLinksAndSpecialFiles) {
  root_.make_symlink("to", "link");
  EXPECT_EQ(root_.read_link("link"), "to");
  root_.make_node("fifo", S_IFIFO | 0666U, {});
  EXPECT_EQ(root_.find_stat("fifo")->st_mode, static_cast<mode_t>(S_IFIFO));
  temp_.write("sub/file", "x");
  root_.open_dir("sub").link("file", root_, "other");
  EXPECT_EQ(root_.find_stat("other")->st_nlink, 2U);
  EXPECT_THROW(root_.make_symlink("to", "link"), Error);
  EXPECT_THROW(root_.make_node("link", S_IFIFO, {}), Error);
  EXPECT_THROW(root_.link("absent", root_, "x"), Error);
}

TEST_F(RootDirTest, AnUnnamedFileLeavesNothing) {
  const Fd file = root_.create_unnamed();
  write_all(file, as_bytes("text"), "test");
  EXPECT_EQ(file_size(file, "test"), 4U);
  EXPECT_TRUE(root_.list().empty());
}

}  // namespace
}  // namespace lamina::util
