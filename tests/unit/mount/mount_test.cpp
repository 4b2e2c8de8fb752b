// SPDX-License-Identifier: Apache-2.0
// Whole mounts, each with its daemon.
#include <lamina/mount/mount.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <lamina/util/error.hpp>

#include "../store/fixture.hpp"

namespace lamina::mount {
namespace {

namespace fs = std::filesystem;

class MountTest : public store::StoreTest {
protected:
  MountTest() {
    add_image("sample", "the content", "2024-01-01T00:00:00Z");
    options_.read_only = true;
    fs::create_directory(temp_.path() / "mnt");
  }
  MountRecord mount() { return start(store_, "sample", mountpoint_, options_, Run::background); }
  std::string content() const { return temp_.read("mnt/file"); }
  static void kill_daemon(const MountRecord& record) {
    ::kill(record.pid, SIGKILL);
    ::waitpid(record.pid, nullptr, 0);
  }
  /// The message and code of the error that `action` throws.
  static std::pair<std::string, int> error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const util::Error& error) {
      return {error.what(), error.code()};
    }
    return {};
  }
  void expect_refused(const std::string& directory, std::string_view why) {
    const auto [message, code] = error_of([&] { start(store_, "sample", directory, options_, Run::background); });
    EXPECT_NE(message.find(why), std::string::npos) << message;
    EXPECT_TRUE(list(store_).empty());
  }

  std::string mountpoint_ = temp_.str("mnt");
  MountOptions options_;
};

TEST_F(MountTest, ComesAndGoes) {
  const auto record = mount();
  EXPECT_EQ(content(), "the content");
  ASSERT_EQ(list(store_).size(), 1U);
  EXPECT_EQ(list(store_)[0].record, record);
  EXPECT_EQ(list(store_)[0].state, MountState::live);
  umount(store_, mountpoint_);
  EXPECT_EQ(::waitpid(record.pid, nullptr, 0), record.pid);
  EXPECT_TRUE(list(store_).empty());
  EXPECT_TRUE(fs::is_empty(mountpoint_));
}

TEST_F(MountTest, EndsByItsIdAndBySignal) {
  umount(store_, mount().id);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const auto record = mount();
    ::kill(record.pid, signal);
    int status = 0;
    ::waitpid(record.pid, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(fs::is_empty(mountpoint_));
    EXPECT_TRUE(list(store_).empty());
  }
}

TEST_F(MountTest, ADeadDaemonsMountIsCleared) {
  const auto record = mount();
  kill_daemon(record);
  EXPECT_EQ(list(store_).at(0).state, MountState::dead);
  EXPECT_EQ(error_of([&] { mount(); }).second, EBUSY);
  umount(store_, mountpoint_);
  EXPECT_TRUE(list(store_).empty());
  EXPECT_TRUE(fs::is_empty(mountpoint_));
}

TEST_F(MountTest, RecordsWithoutAMountAreSweptByTheNext) {
  const auto record = mount();
  kill_daemon(record);
  ASSERT_EQ(std::system(("umount " + mountpoint_).c_str()), 0);
  EXPECT_EQ(list(store_).size(), 1U);
  const auto again = mount();
  EXPECT_EQ(list(store_).size(), 1U);
  umount(store_, again.id);
}

TEST_F(MountTest, ABusyMountStays) {
  const auto record = mount();
  {
    const util::Fd inside(::open((mountpoint_ + "/file").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(error_of([&] { umount(store_, mountpoint_); }).second, EBUSY);
    EXPECT_EQ(content(), "the content");
  }
  umount(store_, mountpoint_);
}

TEST_F(MountTest, RefusesBadMountPoints) {
  temp_.write("plain", "");
  expect_refused(temp_.str("missing"), "does not exist");
  expect_refused(temp_.str("plain"), "is not a directory");
  expect_refused(temp_.str("store/objects"), "is inside the store");
  expect_refused(temp_.str(), "would hide the store");
  expect_refused("/proc", "is busy");
  const auto [message, code] = error_of([&] { start(store_, "nothing", mountpoint_, options_, Run::background); });
  EXPECT_NE(message.find("nothing"), std::string::npos) << message;
  EXPECT_TRUE(list(store_).empty());
}

TEST_F(MountTest, UnmountsNothingElse) {
  EXPECT_EQ(error_of([&] { umount(store_, "/proc"); }).second, EINVAL);
  EXPECT_EQ(error_of([&] { umount(store_, mountpoint_); }).second, EINVAL);
  EXPECT_EQ(error_of([&] { umount(store_, "0123456789ab"); }).second, EINVAL);
}

TEST_F(MountTest, AMissingMergedTreeIsMadeAgain) {
  fs::remove_all(temp_.path() / "store/trees");
  fs::create_directory(temp_.path() / "store/trees");
  mount();
  EXPECT_EQ(content(), "the content");
  umount(store_, mountpoint_);
}

TEST_F(MountTest, WritesItsRequestsWhenItEnds) {
  const auto path = temp_.str("stats.json");
  ::setenv("LAMINA_STATS", path.c_str(), 1);
  const auto record = mount();
  ::unsetenv("LAMINA_STATS");
  content();
  umount(store_, mountpoint_);
  const auto requests = nlohmann::json::parse(temp_.read("stats.json"));
  EXPECT_EQ(requests.at("INIT"), 1);
  EXPECT_EQ(requests.at("LOOKUP"), 1);
}

}  // namespace
}  // namespace lamina::mount
