// SPDX-License-Identifier: Apache-2.0
#include <lamina/pack/copy_out.hpp>

#include <map>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/archive/tar_reader.hpp>
#include <lamina/store/layer_staging.hpp>
#include <lamina/store/names.hpp>
#include <lamina/tree/builder.hpp>
#include <lamina/util/error.hpp>

#include "support/temp_dir.hpp"

namespace lamina::pack {
namespace {

namespace fs = std::filesystem;
using util::RelPath;

constexpr util::Timestamp kTime{1600000000, 123456789};
constexpr std::uint64_t kSparse = std::uint64_t{4} << 20U;

/// A store with the objects of a small tree, and an empty directory to copy into.
class CopyOut : public testing::Test {
protected:
  CopyOut() {
    store::ImportStaging import(store_);
    store::LayerStaging staging(import, digest::hash({}));
    tree::TreeBuilder builder(tree::TreeKind::layer);
    const auto file = [&](const char* path, std::uint32_t mode, std::string_view content, std::uint32_t uid) {
      builder.put_file(RelPath::parse(path), metadata(S_IFREG | mode, uid),
                       staging.add_object(util::as_bytes(content)));
    };
    builder.put_directory(RelPath::parse("etc"), metadata(S_IFDIR | 0555U));
    file("etc/passwd", 0640, "root\n", ::geteuid());
    builder.put_hardlink(RelPath::parse("etc/other"), RelPath::parse("etc/passwd"));
    builder.put_symlink(RelPath::parse("etc/link"), metadata(S_IFLNK | 0777U), "passwd");
    file("etc/empty", 0600, "", ::geteuid());
    file("setuid", 04755, "program", ::geteuid());
    file("foreign", 06755, "program", 12345);
    builder.put_special(RelPath::parse("pipe"), metadata(S_IFIFO | 0620U));
    auto stream = staging.open_stream();
    stream.write(kSparse / 2, util::as_bytes("island"));
    builder.put_file(RelPath::parse("sparse"), metadata(S_IFREG | 0644U), stream.finish(kSparse));
    import.publish();
    import.complete();
    tree_ = tree::Tree::from_bytes(builder.build(), "test");
  }

  static util::Metadata metadata(std::uint32_t mode, std::uint32_t uid = ::geteuid()) {
    return {.mode = mode,
            .uid = uid,
            .gid = uid == ::geteuid() ? ::getegid() : uid,
            .mtime = kTime,
            .rdev = {},
            .xattrs = {}};
  }

  Origin origin(const std::string& path) const {
    return {store_, tree_, tree::find_path(tree_, path, tree::FollowLast::no).value(), "image:/" + path};
  }
  void copy(const std::string& path, const std::string& name, Keep keep = Keep::basics) const {
    copy_to(origin(path), util::RootDir::open(out_.str()), name, keep, [] {});
  }
  /// The sentence with which copy() fails.
  std::string refusal(const std::string& path, const std::string& name) const {
    try {
      copy(path, name);
    } catch (const util::Error& error) {
      return error.what();
    }
    return "";
  }
  struct stat status(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::lstat(out_.str(name).c_str(), &status), 0) << name;
    return status;
  }
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(out_.path()), fs::directory_iterator{}));
  }
  std::string object_path(const std::string& path) const {
    return "store/" + store::names::object(*tree_.object(origin(path).ino));
  }

  test::TempDir temp_;
  test::TempDir out_;
  store::Store store_ = store::Store::open(temp_.str("store"));
  tree::Tree tree_ = tree::Tree::from_bytes(tree::TreeBuilder(tree::TreeKind::layer).build(), "empty");
};

TEST_F(CopyOut, ATreeKeepsModesTimesLinksAndTypes) {
  copy("etc", "copy");
  EXPECT_EQ(status("copy").st_mode, S_IFDIR | 0555U);
  EXPECT_EQ(out_.read("copy/passwd"), "root\n");
  for (const char* name : {"copy", "copy/passwd", "copy/link", "copy/empty"}) {
    EXPECT_EQ(status(name).st_mtim.tv_sec, kTime.seconds) << name;
    EXPECT_EQ(status(name).st_mtim.tv_nsec, kTime.nanoseconds) << name;
  }
  EXPECT_EQ(status("copy/passwd").st_mode, S_IFREG | 0640U);
  EXPECT_EQ(status("copy/passwd").st_ino, status("copy/other").st_ino);
  EXPECT_EQ(fs::read_symlink(out_.path() / "copy/link"), "passwd");
  copy("pipe", "pipe");
  EXPECT_EQ(status("pipe").st_mode, S_IFIFO | 0620U);
}

TEST_F(CopyOut, HolesStayHoles) {
  copy("sparse", "sparse");
  EXPECT_EQ(status("sparse").st_size, static_cast<off_t>(kSparse));
  EXPECT_LT(status("sparse").st_blocks, 512);
  std::string expected(kSparse, '\0');
  expected.replace(kSparse / 2, 6, "island");
  EXPECT_TRUE(out_.read("sparse") == expected);
}

TEST_F(CopyOut, ContentsGoStraightIn) {
  out_.write("passwd", "old");
  copy_contents(origin("etc"), util::RootDir::open(out_.str()), Keep::basics, [] {});
  EXPECT_EQ(out_.read("passwd"), "root\n");
  EXPECT_EQ(count(), 4U);
  EXPECT_NE(status(".").st_mode & 0777U, 0555U) << "the directory itself is the user's";
}

TEST_F(CopyOut, ADirectoryIsMergedAndAFileReplaced) {
  out_.write("etc/kept", "kept");
  out_.write("etc/passwd", "old");
  copy("etc", "etc");
  EXPECT_EQ(out_.read("etc/kept"), "kept");
  EXPECT_EQ(out_.read("etc/passwd"), "root\n");
  fs::permissions(out_.path() / "etc", fs::perms::owner_all);
}

TEST_F(CopyOut, AFileAndADirectoryDoNotReplaceEachOther) {
  out_.write("file", "kept");
  EXPECT_NE(refusal("etc", "file").find("file is no directory"), std::string::npos) << refusal("etc", "file");
  fs::create_directory(out_.path() / "dir");
  EXPECT_NE(refusal("setuid", "dir").find("dir is a directory"), std::string::npos) << refusal("setuid", "dir");
  EXPECT_EQ(out_.read("file"), "kept");
  EXPECT_EQ(count(), 2U);
}

TEST_F(CopyOut, NoLinkInTheDestinationIsFollowed) {
  const test::TempDir elsewhere;
  elsewhere.write("passwd", "theirs");
  fs::create_directory_symlink(elsewhere.path(), out_.path() / "etc");
  EXPECT_NE(refusal("etc", "etc").find("is no directory"), std::string::npos);
  fs::create_symlink(elsewhere.path() / "passwd", out_.path() / "passwd");
  copy("etc/passwd", "passwd");
  EXPECT_FALSE(fs::is_symlink(out_.path() / "passwd"));
  EXPECT_EQ(elsewhere.read("passwd"), "theirs");
}

TEST_F(CopyOut, ADamagedObjectIsNamedAndLeavesTheOldFile) {
  out_.write("passwd", "old");
  const auto object = object_path("etc/passwd");
  fs::permissions(temp_.path() / object, fs::perms::owner_all);
  temp_.write(object, "ro");
  EXPECT_NE(refusal("etc/passwd", "passwd").find("image:/etc/passwd: its object"), std::string::npos);
  EXPECT_NE(refusal("etc/passwd", "passwd").find("2 bytes instead of 5"), std::string::npos);
  fs::remove(temp_.path() / object);
  EXPECT_NE(refusal("etc/passwd", "passwd").find("is missing in the store"), std::string::npos);
  EXPECT_EQ(out_.read("passwd"), "old");
  EXPECT_EQ(count(), 1U);
}

TEST_F(CopyOut, AnInterruptionLeavesTheOldFile) {
  struct Stop {};
  out_.write("sparse", "old");
  int calls = 0;
  // The first call is for the name, those that follow are for the content.
  EXPECT_THROW(copy_to(origin("sparse"), util::RootDir::open(out_.str()), "sparse", Keep::basics,
                       [&] {
                         if (++calls == 2) throw Stop();
                       }),
               Stop);
  EXPECT_EQ(out_.read("sparse"), "old");
  EXPECT_EQ(count(), 1U);
}

TEST_F(CopyOut, SetIdBitsStayOnlyWithTheirOwner) {
  copy("setuid", "setuid");
  EXPECT_EQ(status("setuid").st_mode & 07777U, 04755U);
  copy("foreign", "foreign");
  EXPECT_EQ(status("foreign").st_mode & 07777U, 0755U);
  EXPECT_EQ(status("foreign").st_uid, ::geteuid());
  if (::geteuid() != 0) {
    EXPECT_THROW(copy("foreign", "foreign", Keep::all), util::Error) << "an owner that cannot be kept is an error";
    return;
  }
  copy("foreign", "foreign", Keep::all);
  EXPECT_EQ(status("foreign").st_mode & 07777U, 06755U);
  EXPECT_EQ(status("foreign").st_uid, 12345U);
}

class StringSink final : public util::Sink {
public:
  void write(util::Bytes data) override { text += util::as_text(data); }
  std::string text;
};

/// Path → link target or content of the archive's members.
std::map<std::string, std::string> members(std::string archive) {
  util::MemorySource source(std::move(archive));
  archive::TarReader reader(source, "test");
  std::map<std::string, std::string> found;
  while (const auto entry = reader.next()) {
    auto& text = found[entry->path] = entry->link_target;
    while (const auto block = reader.next_block()) text += util::as_text(block->data);
  }
  return found;
}

TEST_F(CopyOut, AnArchiveHoldsTheSame) {
  StringSink named;
  write_tar(origin("etc"), "etc", named);
  EXPECT_EQ(members(named.text), (std::map<std::string, std::string>{{"etc/", ""},
                                                                     {"etc/empty", ""},
                                                                     {"etc/link", "passwd"},
                                                                     {"etc/other", "root\n"},
                                                                     {"etc/passwd", "etc/other"}}));
  StringSink contents;
  write_tar(origin("etc"), "", contents);
  EXPECT_EQ(members(contents.text).size(), 5U);
  EXPECT_TRUE(members(contents.text).contains("./"));
  EXPECT_TRUE(members(contents.text).contains("passwd"));
}

}  // namespace
}  // namespace lamina::pack
