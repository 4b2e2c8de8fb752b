// SPDX-License-Identifier: Apache-2.0
#include "common.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include <lamina/tree/merge.hpp>

namespace lamina::model {

namespace {

/// Few short names, so that entries meet.
rc::Gen<std::string> any_path() {
  return rc::gen::mapcat(rc::gen::weightedElement<int>({{4, 1}, {4, 2}, {2, 3}}), [](int depth) {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(static_cast<std::size_t>(depth),
                                                                     rc::gen::element<std::string>("a", "b", "c")),
                        [](const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, "/")); });
  });
}

}  // namespace

std::uint32_t special_type(Kind kind) {
  switch (kind) {
    case Kind::character_device: return S_IFCHR;
    case Kind::block_device: return S_IFBLK;
    default: return S_IFIFO;
  }
}

util::Metadata metadata_of(std::uint32_t serial) {
  util::Metadata metadata;
  metadata.mode = serial % 07777;
  metadata.uid = serial;
  metadata.gid = serial / 7;
  metadata.rdev = {serial % 4095, serial};
  metadata.mtime = {static_cast<std::int64_t>(serial) - 500, serial};
  if (serial % 3 == 0) metadata.xattrs["user.serial"] = std::to_string(serial % 2);
  return metadata;
}

rc::Gen<Entry> any_entry() {
  const auto kind = rc::gen::weightedElement<Kind>({{5, Kind::directory},
                                                    {6, Kind::file},
                                                    {2, Kind::symlink},
                                                    {1, Kind::fifo},
                                                    {1, Kind::character_device},
                                                    {1, Kind::block_device},
                                                    {4, Kind::hardlink},
                                                    {3, Kind::whiteout},
                                                    {2, Kind::opaque}});
  return rc::gen::map(rc::gen::tuple(kind, any_path(), any_path(), rc::gen::inRange<std::uint32_t>(1, 1000)),
                      [](const std::tuple<Kind, std::string, std::string, std::uint32_t>& parts) {
                        const auto& [entry_kind, at, target, serial] = parts;
                        // Some contents are equal, some are empty.
                        const std::string content = serial % 5 == 0 ? "" : fmt::format("content {}", serial % 50);
                        const bool is_root = entry_kind == Kind::opaque && serial % 8 == 0;
                        return Entry{entry_kind, is_root ? "" : at, target, metadata_of(serial), content};
                      });
}

tree::Tree merged(const std::vector<tree::Tree>& layers) {
  std::vector<const tree::Tree*> pointers;
  for (const tree::Tree& layer : layers) pointers.push_back(&layer);
  tree::Tree tree = tree::Tree::from_bytes(tree::merge(pointers), "the merged tree");
  tree.validate();
  return tree;
}

tree::test::Listing list_merged(const std::vector<tree::Tree>& layers) {
  tree::test::Listing listing = tree::test::list(merged(layers));
  listing.erase(".");
  return listing;
}

}  // namespace lamina::model
