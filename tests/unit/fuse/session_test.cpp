// SPDX-License-Identifier: Apache-2.0
// A real mount in this process, in both data modes: what a program sees of it, and what the kernel asks for.
#include <lamina/fuse/session.hpp>

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <lamina/util/error.hpp>

#include "../overlay/sample.hpp"

namespace lamina::fuse {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 4096);
  return text;
}

/// open, read to the end, close.
std::string slurp(const std::string& path) {
  const util::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw util::Error::from_errno(path);
  std::string text(util::file_size(fd, path) + 1, '\0');
  text.resize(util::read_at(fd, std::as_writable_bytes(std::span(text)), 0, path));
  return text;
}

struct Listed {
  ino_t ino;
  unsigned char type;
  bool operator==(const Listed&) const = default;
};

std::map<std::string, Listed> list(const std::string& path) {
  std::map<std::string, Listed> entries;
  DIR* dir = ::opendir(path.c_str());
  if (dir == nullptr) throw util::Error::from_errno(path);
  while (const dirent* entry = ::readdir(dir)) entries[entry->d_name] = {entry->d_ino, entry->d_type};
  ::closedir(dir);
  return entries;
}

class SessionTest : public ::testing::TestWithParam<DataMode> {
protected:
  SessionTest() {
    sample.directory("bin");
    sample.file("bin/tool", "#!/bin/sh\n");
    sample.hardlink("bin/same", "bin/tool");
    sample.file("big", big);
    sample.file("empty", "");
    sample.symlink("link", "bin/tool");
    sample.special("null", S_IFCHR | 0666, {1, 3});
    for (int i = 0; i < kMany; ++i) sample.file("many/" + std::to_string(i), std::to_string(i));
  }
  void start(unsigned threads = 4) {
    overlay = std::make_unique<overlay::Overlay>(sample.tree(), sample.files());
    SessionOptions options;
    options.mountpoint = mountpoint.str();
    options.options = {"ro", "default_permissions", "subtype=lamina", "fsname=lamina:test"};
    options.data = GetParam();
    options.threads = threads;
    session.emplace(*overlay, options);
  }
  std::string at(const std::string& path) const { return mountpoint.str(path); }

  /// What the kernel asked while `action` ran, FORGETs aside.
  std::map<std::string, std::uint64_t> asked(const std::function<void()>& action) {
    const auto before = session->requests();
    action();
    auto after = session->requests();
    for (const auto& [name, count] : before) {
      if ((after[name] -= count) == 0) after.erase(name);
    }
    return after;
  }
  using Requests = std::map<std::string, std::uint64_t>;

  static constexpr int kMany = 500;
  const std::string big = pattern(3'000'001);
  test::Sample sample;
  test::TempDir mountpoint;
  std::unique_ptr<overlay::Overlay> overlay;
  std::optional<Session> session;
};

TEST_P(SessionTest, ShowsTheTree) {
  start();
  struct stat status {};
  ASSERT_EQ(::stat(at("bin/tool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFREG | 0644U);
  EXPECT_EQ(status.st_nlink, 2U);
  EXPECT_EQ(status.st_uid, 12U);
  EXPECT_EQ(status.st_gid, 34U);
  EXPECT_EQ(status.st_size, 10);
  EXPECT_EQ(status.st_mtim.tv_sec, test::Sample::kTime);
  EXPECT_EQ(status.st_mtim.tv_nsec, 987'654'321);
  const auto tool_ino = status.st_ino;
  ASSERT_EQ(::stat(at("bin/same").c_str(), &status), 0);
  EXPECT_EQ(status.st_ino, tool_ino);
  ASSERT_EQ(::stat(at("null").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFCHR | 0666U);
  EXPECT_EQ(status.st_rdev, makedev(1, 3));
  EXPECT_EQ(::stat(at("nothing").c_str(), &status), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(std::filesystem::read_symlink(at("link")), "bin/tool");
  EXPECT_EQ(::lstat(at(std::string(256, 'n')).c_str(), &status), -1);
  EXPECT_EQ(errno, ENAMETOOLONG);
  struct statvfs totals {};
  ASSERT_EQ(::statvfs(mountpoint.str().c_str(), &totals), 0);
  EXPECT_EQ(totals.f_bavail, 0U);
  EXPECT_EQ(totals.f_namemax, 255U);
  EXPECT_GE(totals.f_blocks * totals.f_frsize, big.size());
}

TEST_P(SessionTest, ListsDirectories) {
  start();
  const auto many = list(at("many"));
  EXPECT_EQ(many.size(), kMany + 2U);
  for (const auto& [name, entry] : many) {
    struct stat status {};
    ASSERT_EQ(::lstat(at("many/" + name).c_str(), &status), 0);
    EXPECT_EQ(entry.ino, status.st_ino) << name;
    EXPECT_EQ(entry.type, IFTODT(status.st_mode)) << name;
  }
  EXPECT_EQ(list(at("")).at("null").type, DT_CHR);
  EXPECT_THROW(list(at("empty")), util::Error);
}

TEST_P(SessionTest, ReadsFiles) {
  start();
  EXPECT_EQ(slurp(at("bin/tool")), "#!/bin/sh\n");
  EXPECT_EQ(slurp(at("link")), "#!/bin/sh\n");
  EXPECT_EQ(slurp(at("empty")), "");
  EXPECT_EQ(slurp(at("big")), big);
  const util::Fd fd(::open(at("big").c_str(), O_RDONLY | O_CLOEXEC));
  std::string part(1000, '\0');
  EXPECT_EQ(::pread(fd.get(), part.data(), part.size(), 2'999'501), 500);
  EXPECT_EQ(part.substr(0, 500), big.substr(2'999'501));
  void* mapped = ::mmap(nullptr, big.size(), PROT_READ, MAP_PRIVATE, fd.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_EQ(std::string_view(static_cast<const char*>(mapped), big.size()), big);
  ::munmap(mapped, big.size());
  EXPECT_EQ(::lseek(fd.get(), 5, SEEK_DATA), 5);
  EXPECT_EQ(::lseek(fd.get(), 5, SEEK_HOLE), static_cast<off_t>(big.size()));
  EXPECT_EQ(::lseek(fd.get(), static_cast<off_t>(big.size()), SEEK_DATA), -1);
  EXPECT_EQ(errno, ENXIO);
}

TEST_P(SessionTest, IsReadOnly) {
  start();
  EXPECT_EQ(::open(at("bin/tool").c_str(), O_WRONLY), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::mkdir(at("new").c_str(), 0755), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_P(SessionTest, ReadsFromManyThreads) {
  start();
  std::vector<std::jthread> readers;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    readers.emplace_back([&, thread] {
      for (int i = 0; i < kMany; ++i) {
        const auto name = std::to_string((i + thread * 100) % kMany);
        if (slurp(at("many/" + name)) != name) ++wrong;
      }
      if (slurp(at("big")) != big) ++wrong;
    });
  }
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_P(SessionTest, KnowsXattrs) {
  sample.file("capable", "x", {{"user.a", "value"}});
  start();
  char value[16];
  EXPECT_EQ(::getxattr(at("capable").c_str(), "user.a", nullptr, 0), 5);
  EXPECT_EQ(::getxattr(at("capable").c_str(), "user.a", value, 3), -1);
  EXPECT_EQ(errno, ERANGE);
  ASSERT_EQ(::getxattr(at("capable").c_str(), "user.a", value, sizeof value), 5);
  EXPECT_EQ(std::string_view(value, 5), "value");
  EXPECT_EQ(::getxattr(at("empty").c_str(), "user.a", value, sizeof value), -1);
  EXPECT_EQ(errno, ENODATA);
  EXPECT_EQ(::listxattr(at("capable").c_str(), value, sizeof value), 7);
  EXPECT_EQ(std::string_view(value, 7), std::string_view("user.a\0", 7));
  EXPECT_EQ(::listxattr(at("empty").c_str(), nullptr, 0), 0);
}

TEST_P(SessionTest, AsksForXattrsOnceWhenThereIsNone) {
  start();
  const auto ask = [&] {
    for (const char* name : {"empty", "bin/tool", "many/1"}) ::getxattr(at(name).c_str(), "user.a", nullptr, 0);
  };
  ask();
  EXPECT_EQ(session->requests().at("GETXATTR"), 1U);
  EXPECT_EQ(asked(ask), Requests{});
}

TEST_P(SessionTest, AsksNothingTwice) {
  start();
  const auto look = [&] {
    for (const char* directory : {"", "bin", "many"}) {
      for (const auto& [name, entry] : list(at(directory))) {
        struct stat status {};
        ::lstat(at(std::string(directory) + "/" + name).c_str(), &status);
      }
    }
    struct stat status {};
    ::stat(at("nothing").c_str(), &status);
    ::access(at("bin/tool").c_str(), R_OK);
    EXPECT_EQ(std::filesystem::read_symlink(at("link")), "bin/tool");
  };
  const auto first = asked(look);
  EXPECT_GT(first.at("READDIRPLUS"), 0U);
  EXPECT_FALSE(first.contains("READDIR"));
  EXPECT_EQ(first.at("LOOKUP"), 1U) << "only the missing name";
  EXPECT_EQ(asked(look), Requests{});
  EXPECT_EQ(session->requests().at("OPENDIR"), 1U);
  EXPECT_FALSE(session->requests().contains("ACCESS"));
  EXPECT_FALSE(session->requests().contains("RELEASEDIR"));
}

TEST_P(SessionTest, WarmReadsCostNothingOrAnOpen) {
  start();
  const auto read = [&] {
    for (const char* name : {"bin/tool", "big", "many/7"}) slurp(at(name));
  };
  read();
  const auto warm = asked(read);
  const auto all = session->requests();
  if (GetParam() == DataMode::cache) {
    EXPECT_EQ(warm, Requests{});
    EXPECT_EQ(all.at("OPEN"), 1U) << "answered with ENOSYS once";
    EXPECT_LE(all.at("FLUSH"), 1U) << "answered with ENOSYS once";
    EXPECT_FALSE(all.contains("RELEASE"));
  } else {
    EXPECT_EQ(warm.at("OPEN"), 3U);
    EXPECT_FALSE(warm.contains("READ"));
    EXPECT_FALSE(all.contains("FLUSH"));
    if (::geteuid() == 0) {
      EXPECT_FALSE(all.contains("READ")) << "passthrough was not granted";
    }
  }
}

TEST_P(SessionTest, OpensShareOneBackingFile) {
  start();
  const util::Fd first(::open(at("big").c_str(), O_RDONLY));
  std::vector<std::jthread> openers;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    openers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (slurp(at("big")) != big || slurp(at("empty")) != "") ++wrong;
      }
    });
  }
  openers.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_P(SessionTest, DamagedObjectsAreInputOutputErrors) {
  std::filesystem::resize_file(sample.object(big), 1000);
  std::filesystem::remove(sample.object("7"));
  start();
  EXPECT_THROW(slurp(at("big")), util::Error);
  EXPECT_THROW(slurp(at("many/7")), util::Error);
  EXPECT_EQ(slurp(at("many/8")), "8");
}

TEST_P(SessionTest, EndsWhenUnmountedOrStopped) {
  for (const unsigned threads : {1U, 4U}) {
    start(threads);
    EXPECT_EQ(slurp(at("bin/tool")), "#!/bin/sh\n");
    if (threads == 1) session->stop();
    else ASSERT_EQ(std::system(("umount " + mountpoint.str()).c_str()), 0);
    session->wait();
    EXPECT_FALSE(std::filesystem::exists(at("bin")));
    session.reset();
  }
}

TEST_P(SessionTest, FailsWithASentenceWhenItCannotMount) {
  overlay = std::make_unique<overlay::Overlay>(sample.tree(), sample.files());
  SessionOptions options;
  options.mountpoint = mountpoint.str("missing");
  EXPECT_THROW(Session(*overlay, options), util::Error);
}

INSTANTIATE_TEST_SUITE_P(Modes, SessionTest, ::testing::Values(DataMode::cache, DataMode::passthrough),
                         [](const auto& mode) { return mode.param == DataMode::cache ? "cache" : "passthrough"; });

}  // namespace
}  // namespace lamina::fuse
