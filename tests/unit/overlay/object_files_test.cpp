// SPDX-License-Identifier: Apache-2.0
#include <lamina/overlay/object_files.hpp>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <lamina/util/error.hpp>

#include "sample.hpp"

namespace lamina::overlay {
namespace {

digest::Digest digest_of(int number) { return digest::hash(util::as_bytes(std::to_string(number))); }

/// Objects whose content is their own digest, and a count of how often each was opened.
class ObjectFilesTest : public ::testing::Test {
protected:
  ObjectFilesTest() {
    for (int i = 0; i < kObjects; ++i) std::ofstream(dir.path() / digest_of(i).hex()) << digest_of(i).hex();
  }
  ObjectFiles files(std::size_t budget) {
    return {[this](const digest::Digest& digest) {
              ++opened;
              return util::RootDir::open(dir.str()).open_file(digest.hex());
            },
            budget};
  }
  static std::string content(const util::Fd& fd) {
    std::string text(64, '\0');
    util::read_at(fd, std::as_writable_bytes(std::span(text)), 0, "object");
    return text;
  }
  std::size_t open_descriptors() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.starts_with(dir.str())) ++count;
    }
    return count;
  }

  static constexpr int kObjects = 200;
  test::TempDir dir;
  std::atomic<int> opened = 0;
};

TEST_F(ObjectFilesTest, OpensOnceWhileWithinTheBudget) {
  auto cache = files(kObjects * 16);  // so that no shard is full, however the digests fall
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kObjects; ++i) EXPECT_EQ(content(*cache.get(digest_of(i))), digest_of(i).hex());
  }
  EXPECT_EQ(opened, kObjects);
}

TEST_F(ObjectFilesTest, KeepsNoMoreThanTheBudget) {
  for (const std::size_t budget : {1, 5, 16, 50}) {
    auto cache = files(budget);
    for (int i = 0; i < kObjects; ++i) cache.get(digest_of(i));
    EXPECT_LE(open_descriptors(), budget);
    EXPECT_GE(open_descriptors(), 1U);
  }
}

TEST_F(ObjectFilesTest, ADescriptorInUseOutlivesItsEviction) {
  auto cache = files(1);
  const auto held = cache.get(digest_of(0));
  cache.get(digest_of(1));
  EXPECT_EQ(content(*held), digest_of(0).hex());
}

TEST_F(ObjectFilesTest, AMissingObjectIsTheOpenersError) {
  auto cache = files(4);
  for (int round = 0; round < 2; ++round) {
    try {
      cache.get(digest_of(kObjects));
      ADD_FAILURE() << "found an object that is not there";
    } catch (const util::Error& error) {
      EXPECT_EQ(error.code(), ENOENT);
    }
  }
}

TEST_F(ObjectFilesTest, ReadersOnManyThreadsGetWhatTheyAskFor) {
  auto cache = files(8);
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> readers;
  for (int thread = 0; thread < 4; ++thread) {
    readers.emplace_back([&, thread] {
      for (int i = 0; i < 2000; ++i) {
        const int number = (i * 7 + thread * 13) % kObjects;
        if (content(*cache.get(digest_of(number))) != digest_of(number).hex()) ++wrong;
      }
    });
  }
  readers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(open_descriptors(), 8U);
}

}  // namespace
}  // namespace lamina::overlay
