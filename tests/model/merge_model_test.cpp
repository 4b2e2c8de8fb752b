// SPDX-License-Identifier: Apache-2.0
// Random layers, merged by lamina and by a naive model (model.hpp). A failure prints its seed and a shrunk
// counterexample; RC_PARAMS="seed=… max_success=…" runs it again, or longer.
#include <cstdlib>

#include <rapidcheck.h>

#include <lamina/tree/builder.hpp>

#include "common.hpp"
#include "listing.hpp"
#include "model.hpp"

namespace lamina::model {
namespace {

using tree::test::path;

void put(tree::TreeBuilder& builder, const Entry& entry) {
  switch (entry.kind) {
    case Kind::directory: return builder.put_directory(path(entry.path), entry.metadata);
    case Kind::file: return builder.put_file(path(entry.path), entry.metadata, tree::test::content(entry.content));
    case Kind::symlink: return builder.put_symlink(path(entry.path), entry.metadata, entry.target);
    case Kind::hardlink: return builder.put_hardlink(path(entry.path), path(entry.target));
    case Kind::whiteout: return builder.put_whiteout(path(entry.path));
    case Kind::opaque: return builder.put_opaque(path(entry.path));
    case Kind::fifo:
    case Kind::character_device:
    case Kind::block_device: break;
  }
  util::Metadata metadata = entry.metadata;
  metadata.mode = (metadata.mode & 07777) | special_type(entry.kind);
  builder.put_special(path(entry.path), metadata);
}

tree::Tree layer_of(const Archive& archive) {
  tree::TreeBuilder builder(tree::TreeKind::layer);
  for (const Entry& entry : archive) put(builder, entry);
  tree::Tree layer = tree::Tree::from_bytes(builder.build(), "a layer");
  layer.validate();
  return layer;
}

void merges_like_the_model() {
  const auto archives = *rc::gen::container<std::vector<Archive>>(rc::gen::container<Archive>(any_entry()));
  Files files;
  std::vector<tree::Tree> layers;
  for (const Archive& archive : archives) {
    const Archive accepted = acceptable(files, archive);
    layers.push_back(layer_of(accepted));
    files = unpack(files, accepted);
    RC_ASSERT(list_merged(layers) == list(files));
  }
}

/// The archive with each path that leads through a real directory going through a symbolic link to it instead.
Archive through_links(Archive archive, const std::map<std::string, std::string>& links) {
  for (Entry& entry : archive) {
    for (std::string* at : {&entry.path, &entry.target}) {
      if (at == &entry.target && entry.kind != Kind::hardlink) continue;
      const std::size_t slash = at->find('/');
      const auto link = links.find(at->substr(0, slash));
      if (link != links.end() && slash != std::string::npos) *at = link->second + at->substr(slash);
    }
  }
  return archive;
}

/// Entries that leave the names at the top alone, where the directories are and the links to them.
bool stays_below(const Entry& entry) {
  return entry.path.find('/') != std::string::npos &&
         (entry.kind != Kind::hardlink || entry.target.find('/') != std::string::npos);
}

void merges_through_symlinks_as_without() {
  Archive base;
  for (const char* name : {"a", "b", "c", "d"}) base.push_back({Kind::directory, name, "", metadata_of(700), ""});
  const std::vector<std::pair<std::string, std::string>> links{
      {"k", "a"}, {"l", "/b"}, {"m", "d/../k"}, {"d/n", "../b"}, {"d/o", "../../d/./n"}, {"d/p", "/b"}};
  for (const auto& [at, target] : links) base.push_back({Kind::symlink, at, target, metadata_of(1), ""});
  const std::vector<std::string> to_a{"a", "k", "m"};
  const std::vector<std::string> to_b{"b", "l", "d/n", "d/o", "d/p"};

  Files files = unpack({}, base);
  std::vector<tree::Tree> layers;
  layers.push_back(layer_of(base));
  for (Archive& archive : *rc::gen::container<std::vector<Archive>>(rc::gen::container<Archive>(any_entry()))) {
    std::erase_if(archive, [](const Entry& entry) { return !stays_below(entry); });
    const std::map<std::string, std::string> chosen{{"a", *rc::gen::elementOf(to_a)}, {"b", *rc::gen::elementOf(to_b)}};
    const Archive accepted = acceptable(files, archive);
    layers.push_back(layer_of(through_links(accepted, chosen)));
    files = unpack(files, accepted);
    RC_ASSERT(list_merged(layers) == list(files));
  }
}

}  // namespace
}  // namespace lamina::model

int main() {
  ::setenv("RC_PARAMS", "max_success=3000 max_size=30", 0);
  using namespace lamina::model;
  const bool merges = rc::check("layers merge as in the model", merges_like_the_model);
  const bool follows = rc::check("layers through symbolic links merge as without", merges_through_symlinks_as_without);
  return merges && follows ? 0 : 1;
}
