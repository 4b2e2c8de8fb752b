// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>
#include <ostream>

#include <sys/stat.h>

#include <fmt/format.h>

namespace lamina::model {

namespace {

struct Step {
  Entry entry;
  std::shared_ptr<const Node> node;  ///< none for whiteouts, opaque marks and directories only implied
};

bool is_below(const std::string& path, const std::string& directory) {
  return directory.empty() || path.starts_with(directory + '/');
}

void erase_below(Files& files, const std::string& directory) {
  std::erase_if(files, [&](const auto& file) { return is_below(file.first, directory); });
}

void erase(Files& files, const std::string& path) {
  erase_below(files, path);
  files.erase(path);
}

std::vector<std::string> parents_of(const std::string& path) {
  std::vector<std::string> parents;
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    parents.push_back(path.substr(0, slash));
  }
  return parents;
}

bool is_directory(const Files& files, const std::string& path) {
  const auto found = files.find(path);
  return found != files.end() && found->second->kind == Kind::directory;
}

bool is_symlink(const Files& files, const std::string& path) {
  const auto found = files.find(path);
  return found != files.end() && found->second->kind == Kind::symlink;
}

void imply_directory(Files& files, const std::string& path) {
  if (path.empty() || is_directory(files, path)) return;
  erase(files, path);
  Node node;
  node.metadata.mode = 0755;
  files[path] = std::make_shared<const Node>(node);
}

void extract(Files& files, const Step& step) {
  const std::string& path = step.entry.path;
  for (const std::string& parent : parents_of(path)) imply_directory(files, parent);
  if (step.entry.kind == Kind::opaque) imply_directory(files, path);
  if (!step.node) return;
  if (step.entry.kind != Kind::directory || !is_directory(files, path)) erase(files, path);
  files[path] = step.node;
}

/// What the entry would put at its path; nullptr for a hard link that leads nowhere.
std::shared_ptr<const Node> node_for(const Entry& entry, const Files& own, const Files& below) {
  if (entry.kind != Kind::hardlink) {
    return std::make_shared<const Node>(
        Node{entry.kind, entry.metadata, entry.kind == Kind::symlink ? entry.target : entry.content});
  }
  for (const Files* files : {&own, &below}) {
    const auto found = files->find(entry.target);
    if (found != files->end()) return found->second->kind == Kind::directory ? nullptr : found->second;
  }
  return nullptr;
}

std::vector<Step> plan(const Files& below, const Archive& archive) {
  std::vector<Step> steps;
  Files own;  // what this archive alone has made so far
  for (const Entry& entry : archive) {
    bool crosses_symlink = false;
    for (const std::string& path : {entry.path, entry.target}) {
      for (const std::string& parent : parents_of(path)) {
        crosses_symlink = crosses_symlink || is_symlink(own, parent) || is_symlink(below, parent);
      }
    }
    if (entry.kind == Kind::opaque) {
      crosses_symlink = crosses_symlink || is_symlink(own, entry.path) || is_symlink(below, entry.path);
    }
    // The parents are made first, and one of them may take the place of the link's own target.
    const bool in_the_way = entry.kind == Kind::hardlink && is_below(entry.path, entry.target);
    if (crosses_symlink || in_the_way) continue;
    Step step{entry, nullptr};
    if (entry.kind != Kind::whiteout && entry.kind != Kind::opaque) {
      step.node = node_for(entry, own, below);
      if (!step.node) continue;
    }
    extract(own, step);
    steps.push_back(std::move(step));
  }
  return steps;
}

/// The name that comes first in breadth-first order. Single letters as names make '/' the smallest character.
bool comes_first(const std::string& a, const std::string& b) {
  const auto depth = [](const std::string& path) { return std::ranges::count(path, '/'); };
  return depth(a) != depth(b) ? depth(a) < depth(b) : a < b;
}

std::string describe(const Node& node) {
  const auto permissions = node.metadata.mode & 07777;
  switch (node.kind) {
    case Kind::directory: return fmt::format("d{:o}", permissions);
    case Kind::symlink: return fmt::format("l777 -> {}", node.content);
    case Kind::fifo: return fmt::format("p{:o}", permissions);
    case Kind::character_device:
    case Kind::block_device: {
      const auto& [major, minor] = node.metadata.rdev;
      return fmt::format("{}{:o} {}:{}", node.kind == Kind::block_device ? 'b' : 'c', permissions, major, minor);
    }
    default: return fmt::format("f{:o} '{}'", permissions, node.content);
  }
}

}  // namespace

Archive acceptable(const Files& below, const Archive& archive) {
  Archive accepted;
  for (Step& step : plan(below, archive)) accepted.push_back(std::move(step.entry));
  return accepted;
}

Files unpack(const Files& below, const Archive& archive) {
  const std::vector<Step> steps = plan(below, archive);
  Files files = below;
  // "Whiteout files MUST only apply to resources in lower layers", wherever they stand in the archive.
  for (const Entry& entry : archive) {
    if (entry.kind == Kind::whiteout) erase(files, entry.path);
    if (entry.kind == Kind::opaque) erase_below(files, entry.path);
  }
  for (const Step& step : steps) extract(files, step);
  return files;
}

std::map<std::string, std::string> list(const Files& files) {
  std::map<const Node*, std::vector<std::string>> names;
  std::map<std::string, unsigned> subdirectories;
  for (const auto& [path, node] : files) {
    names[node.get()].push_back(path);
    if (node->kind == Kind::directory) ++subdirectories[parents_of(path).empty() ? "" : parents_of(path).back()];
  }
  std::map<std::string, std::string> listing;
  for (const auto& [path, node] : files) {
    std::string line = describe(*node);
    const auto& all = names[node.get()];
    const std::size_t nlink = node->kind == Kind::directory ? 2 + subdirectories[path] : all.size();
    if (nlink != (node->kind == Kind::directory ? 2U : 1U)) line += fmt::format(" n{}", nlink);
    const util::Metadata& metadata = node->metadata;
    if (metadata.uid != 0 || metadata.gid != 0) line += fmt::format(" own {}:{}", metadata.uid, metadata.gid);
    if (metadata.mtime != util::Timestamp{}) {
      line += fmt::format(" at {}.{:09}", metadata.mtime.seconds, metadata.mtime.nanoseconds);
    }
    for (const auto& [name, value] : metadata.xattrs) line += fmt::format(" xattr {}={}", name, value);
    const std::string& first = *std::ranges::min_element(all, comes_first);
    if (node->kind != Kind::directory && first != path) line += " = " + first;
    listing[path] = line;
  }
  return listing;
}

std::ostream& operator<<(std::ostream& out, const Entry& entry) {
  static constexpr const char* kNames[]{"dir",          "file", "symlink",  "fifo",  "character device",
                                        "block device", "link", "whiteout", "opaque"};
  out << kNames[static_cast<std::size_t>(entry.kind)] << ' ' << entry.path;
  if (entry.kind == Kind::symlink || entry.kind == Kind::hardlink) out << " -> " << entry.target;
  return out << " uid " << entry.metadata.uid;
}

}  // namespace lamina::model
