// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile trees: every accessor answers or throws Error (EIO and kin); validate() finds every fault.
#include <lamina/tree/tree.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>

#include <sys/stat.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

#include "format.hpp"
#include "listing.hpp"

namespace lamina::tree::test {
namespace {

using util::Error;

/// Two xattr sets, a link group, every type and mark.
std::string sample() {
  Layer layer;
  layer.dir("d").file("d/one", "one").file("d/e/two", "two").link("d/e/three", "d/one").symlink("s", "d/e");
  layer.whiteout("gone").opaque("d/o").link("outside", "lower/file").file("empty", "");
  util::Metadata with = metadata(S_IFCHR | 0600);
  with.rdev = {1, 3};
  with.xattrs = {{"user.a", "1"}, {"user.b", "22"}};
  layer.builder.put_special(path("null"), with);
  with.xattrs = {{"user.a", "1"}};
  layer.builder.put_directory(path("d/x"), with);
  return layer.builder.build();
}

void attempt(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error&) {
    // as promised
  }
}

void visit_inode(const Tree& tree, Ino ino) {
  attempt([&] { (void)tree.inode(ino); });
  attempt([&] { (void)tree.path(ino); });
  attempt([&] { (void)tree.object(ino); });
  attempt([&] { (void)tree.symlink_target(ino); });
  attempt([&] { (void)tree.xattrs(ino); });
  attempt([&] { (void)tree.find_xattr(ino, "user.b"); });
  attempt([&] { (void)tree.find(ino, "one"); });
}

/// Reads whatever can be read, and walks all directories: more steps than entries would be a cycle.
void visit_all(const Tree& tree) {
  for (Ino ino = 0; ino <= tree.inode_count() + 1; ++ino) visit_inode(tree, ino);
  for (std::uint64_t i = 0; i <= tree.digest_count(); ++i) {
    attempt([&] { (void)tree.digest_at(i); });
    attempt([&] { (void)tree.digest_size(i); });
  }
  std::vector<Ino> pending{kRootIno};
  std::size_t directories = 0;
  while (!pending.empty()) {
    const Ino directory = pending.back();
    pending.pop_back();
    ASSERT_LE(++directories, tree.inode_count());
    attempt([&] {
      const std::uint64_t count = tree.entry_count(directory);
      for (std::uint64_t i = 0; i < count; ++i) {
        attempt([&] {
          const DirEntry entry = tree.entry(directory, i);
          if (S_ISDIR(entry.mode)) pending.push_back(entry.ino);
        });
      }
    });
  }
  attempt([&] { (void)find_path(tree, "s/two", FollowLast::yes); });
  attempt([&] {
    TreeBuilder merged(TreeKind::merged);
    merged.apply(tree);
    (void)merged.build();
  });
}

/// True when the bytes are a tree without fault.
bool survives(const std::string& bytes) {
  try {
    const Tree tree = Tree::from_bytes(bytes, "damaged");
    visit_all(tree);
    tree.validate();
    return true;
  } catch (const Error&) {
    return false;
  }
}

void seal(std::string& bytes) {
  const digest::Digest checksum = digest::hash(util::as_bytes(bytes).subspan(kChecksumEnd));
  std::memcpy(bytes.data() + offsetof(Header, checksum), checksum.bytes().data(), digest::Digest::kSize);
}

TEST(Damage, EveryByteCounts) {
  const std::string whole = sample();
  ASSERT_TRUE(survives(whole));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ flip);
      EXPECT_FALSE(survives(bytes)) << "byte " << i << " flipped by " << flip;
    }
  }
}

TEST(Damage, TruncatedAtEveryLength) {
  const std::string whole = sample();
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(survives(whole.substr(0, length)));
  EXPECT_FALSE(survives(whole + '\0'));
}

// A forger can make a checksum; then validate() may pass what it cannot tell from a real tree, but nothing crashes.
TEST(Damage, RandomForgeriesDoNoHarm) {
  const std::string whole = sample();
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (std::uint32_t changes = random() % 4 + 1; changes > 0; --changes) {
      constexpr std::size_t kStart = offsetof(Header, content_bytes);
      const std::size_t at = kStart + random() % (bytes.size() - kStart);
      bytes[at] = static_cast<char>(random() % 3 == 0 ? random() : random() % 16);
    }
    seal(bytes);
    (void)survives(bytes);
  }
}

TEST(Damage, OpeningReadsTheHeaderAlone) {
  std::string bytes = sample();
  std::fill(bytes.begin() + sizeof(Header), bytes.end(), '\xff');
  const Tree tree = Tree::from_bytes(bytes, "damaged");
  visit_all(tree);
  EXPECT_THROW(tree.validate(), Error);
}

class Forgery : public testing::Test {
protected:
  template <typename Record>
  void edit(Section section, std::uint64_t index, const std::function<void(Record&)>& change) {
    Header header;
    std::memcpy(&header, bytes_.data(), sizeof header);
    const std::uint64_t start = layout_of(header.counts)[static_cast<std::size_t>(section)];
    char* const at = bytes_.data() + start + index * sizeof(Record);
    Record record;
    std::memcpy(&record, at, sizeof record);
    change(record);
    std::memcpy(at, &record, sizeof record);
    seal(bytes_);
  }
  void edit_inode(Ino ino, const std::function<void(InodeRecord&)>& change) {
    edit<InodeRecord>(Section::inodes, ino - 1, change);
  }
  void expect_fault(const std::string& words) {
    const Tree tree = Tree::from_bytes(bytes_, "forged");
    visit_all(tree);
    try {
      tree.validate();
      FAIL() << "not found: " << words;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
    bytes_ = original_;
  }

  // 1 root, 2 a, 3 b, 4 a/c, 5 b/f, 6 a/c/d
  const std::string original_ = std::move(Layer().dir("a/c/d").file("b/f", "x")).builder.build();
  std::string bytes_ = original_;
};

TEST_F(Forgery, CyclesAndSharedDirectories) {
  edit_inode(2, [](InodeRecord& inode) { inode.parent = 6; });
  expect_fault("does not belong to");
  edit_inode(5, [](InodeRecord& inode) { inode.parent = 5; });
  expect_fault("impossible parent");
  edit_inode(kRootIno, [](InodeRecord& inode) { inode.parent = 2; });
  expect_fault("impossible parent");
  for (const std::uint32_t directory : {1U, 2U, 4U}) {
    edit<EntryRecord>(Section::entries, 4, [&](EntryRecord& entry) { entry.ino = directory; });
    expect_fault("does not belong to");
  }
  edit_inode(6, [](InodeRecord& inode) {
    inode.a = 0;
    inode.b = 4;
  });
  expect_fault("next names");
}

// Found by fuzz_tree: the second one replaced the directory before its entries were merged.
TEST_F(Forgery, ANameTwice) {
  bytes_ = std::move(Layer().dir("a/c").file("b", "x")).builder.build();
  edit<EntryRecord>(Section::entries, 1, [](EntryRecord& entry) { entry.name = 0; });
  expect_fault("names out of order");
}

TEST_F(Forgery, NamesOutOfPlace) {
  edit<EntryRecord>(Section::entries, 0, [](EntryRecord& entry) { entry.name += 2; });
  expect_fault("out of order");
  edit<char>(Section::names, 1, [](char& letter) { letter = '/'; });
  expect_fault("is no name");
  edit<char>(Section::names, 1, [](char& letter) { letter = '.'; });
  expect_fault("is no name");
  edit<char>(Section::names, 0, [](char& length) { length = '\xff'; });
  expect_fault("there is no name");
  edit_inode(5, [](InodeRecord& inode) { inode.first_entry = 0; });
  expect_fault("not where its parent has it");
  edit<EntryRecord>(Section::entries, 3, [](EntryRecord& entry) { entry.ino = 99; });
  expect_fault("there is no inode");
}

TEST_F(Forgery, CountsAndPayloads) {
  edit_inode(5, [](InodeRecord& inode) { inode.nlink = 2; });
  expect_fault("wrong link count");
  edit_inode(2, [](InodeRecord& inode) { inode.nlink = 2; });
  expect_fault("wrong link count");
  edit_inode(2, [](InodeRecord& inode) { inode.b = 0xffffffff; });
  expect_fault("there is no entry");
  edit_inode(5, [](InodeRecord& inode) { inode.a = 2; });
  expect_fault("there is no size");
  edit<std::uint64_t>(Section::sizes, 0, [](std::uint64_t& size) { size = 2; });
  expect_fault("sum of the file sizes");
  edit_inode(5, [](InodeRecord& inode) { inode.xattr_set = 1; });
  expect_fault("attributes that do not exist");
  edit_inode(5, [](InodeRecord& inode) { inode.nanoseconds = 1'000'000'000; });
  expect_fault("impossible time");
}

TEST_F(Forgery, TypesAndMarks) {
  edit_inode(kRootIno, [](InodeRecord& inode) { inode.mode = S_IFREG; });
  expect_fault("");
  edit_inode(5, [](InodeRecord& inode) { inode.mode = 0170000; });
  expect_fault("unknown type");
  edit_inode(5, [](InodeRecord& inode) { inode.mode = 0; });
  expect_fault("no type");
  edit_inode(5, [](InodeRecord& inode) { inode.marks = 1; });
  expect_fault("marks that do not go");
  edit_inode(5, [](InodeRecord& inode) {
    inode.mode = S_IFLNK;
    inode.a = 0;
  });
  expect_fault("has no target");
  edit<std::uint32_t>(Section::inodes, 0, [this](std::uint32_t&) {
    const auto kind = static_cast<std::uint32_t>(TreeKind::merged);
    std::memcpy(bytes_.data() + offsetof(Header, kind), &kind, sizeof kind);
  });
  expect_fault("marks in a merged tree");
}

}  // namespace
}  // namespace lamina::tree::test
