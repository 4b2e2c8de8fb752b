// SPDX-License-Identifier: Apache-2.0
#include <lamina/mount/record.hpp>

#include <unistd.h>

#include <lamina/util/error.hpp>

#include "../store/fixture.hpp"
#include "record_dir.hpp"

namespace lamina::mount {
namespace {

using RecordTest = store::StoreTest;

MountRecord sample() {
  MountRecord record;
  record.image = "debian:12";
  record.image_id = "sha256:1234";
  record.chain_id = "sha256:5678";
  record.mountpoint = "/mnt/a b";
  record.options = "ro,nosuid,nodev";
  record.started = 1'700'000'000;
  record.pid = 4711;
  return record;
}

TEST(MountRecord, GoesThroughJsonUnchanged) {
  auto record = sample();
  record.id = "0123456789ab";
  EXPECT_EQ(MountRecord::from_json(record.to_json(), "it"), record);
  record.mountpoint = "/bytes \xff\n\"";
  EXPECT_EQ(MountRecord::from_json(record.to_json(), "it"), record);
}

TEST(MountRecord, RefusesAnythingElse) {
  for (const char* text : {"", "{}", "[]", "{\"id\": 1}", "nonsense"})
    EXPECT_THROW(MountRecord::from_json(text, "it"), util::Error) << text;
}

TEST_F(RecordTest, IsVisibleAndLiveWhileItsDaemonIs) {
  EXPECT_TRUE(list(store_).empty());
  {
    const auto own = RecordDir::publish(store_, sample());
    EXPECT_EQ(own.record().id.size(), 12U);
    const auto mounts = list(store_);
    ASSERT_EQ(mounts.size(), 1U);
    EXPECT_EQ(mounts[0].state, MountState::live);
    EXPECT_EQ(mounts[0].record, own.record());
    EXPECT_EQ(live_mounts(store_).size(), 1U);
    EXPECT_TRUE(store_.staging().list().empty());
  }
  EXPECT_TRUE(list(store_).empty());
}

TEST_F(RecordTest, IsDeadWhenItsDaemonDiedAndCanBeRemoved) {
  const auto mounts = store_.mounts();
  mounts.make_dir("0123456789ab");
  mounts.open_dir("0123456789ab").create_file("lock");
  const auto listed = list(store_);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].state, MountState::dead);
  EXPECT_EQ(listed[0].record.id, "0123456789ab") << "though it cannot be read otherwise";
  EXPECT_TRUE(live_mounts(store_).empty());
  EXPECT_TRUE(wait_for_end(store_, "0123456789ab"));
  remove_record(store_, "0123456789ab");
  EXPECT_TRUE(list(store_).empty());
}

TEST_F(RecordTest, MountsOfOneImageHaveDifferentIds) {
  const auto one = RecordDir::publish(store_, sample());
  const auto two = RecordDir::publish(store_, sample());
  EXPECT_NE(one.record().id, two.record().id);
  EXPECT_EQ(list(store_).size(), 2U);
}

}  // namespace
}  // namespace lamina::mount
