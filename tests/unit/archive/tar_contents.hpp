// SPDX-License-Identifier: Apache-2.0
// A whole archive, read by TarReader.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <lamina/archive/tar_reader.hpp>

#include "sources.hpp"

namespace lamina::archive::test {

struct Member {
  Entry entry;
  std::string content;           ///< holes as NULs
  std::uint64_t data_bytes = 0;  ///< of the content, without holes
};

inline std::string read_content(TarReader& reader, const Entry& entry, std::uint64_t& data_bytes) {
  std::string content;
  while (const auto block = reader.next_block()) {
    EXPECT_GE(block->offset, content.size());
    EXPECT_FALSE(block->data.empty());
    content.resize(block->offset);
    content.append(util::as_text(block->data));
    data_bytes += block->data.size();
  }
  EXPECT_LE(content.size(), entry.size);
  content.resize(entry.size);
  return content;
}

inline std::vector<Member> read_tar(const std::string& bytes, std::size_t most = 1U << 20U) {
  ChoppedSource source(bytes, most);
  TarReader reader(source, "the archive");
  std::vector<Member> members;
  while (auto entry = reader.next()) {
    Member member{std::move(*entry), "", 0};
    member.content = read_content(reader, member.entry, member.data_bytes);
    members.push_back(std::move(member));
  }
  return members;
}

/// The one member of an archive that has no other.
inline Member read_one(const std::string& bytes) {
  auto members = read_tar(bytes);
  EXPECT_EQ(members.size(), 1U);
  return members.empty() ? Member{} : std::move(members.front());
}

}  // namespace lamina::archive::test
