// SPDX-License-Identifier: Apache-2.0
#include <lamina/pack/copy_out.hpp>

#include <cerrno>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/util/copy_file.hpp>
#include <lamina/util/error.hpp>

#include "content.hpp"

namespace lamina::pack {
namespace {

using util::Error;

/// A name in the directory of what it is going to become; what bears it is removed unless it is published.
class Temporary {
public:
  explicit Temporary(const util::RootDir& dir) : dir_(dir) {
    unsigned number = 0;
    do name_ = fmt::format(".lamina-{}-{}", ::getpid(), number++);
    while (dir.exists(name_));  // left by a killed process that had our number
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    try {
      if (!name_.empty()) dir_.remove_file(name_);
    } catch (const Error&) {  // the failure that brought us here is the one to tell
    }
  }

  const std::string& name() const noexcept { return name_; }
  void publish(const std::string& name) {
    dir_.rename(name_, dir_, name, util::Replace::yes);
    name_.clear();
  }

private:
  const util::RootDir& dir_;
  std::string name_;
};

class Copier {
public:
  Copier(const Origin& origin, const util::RootDir& into, Keep keep, const std::function<void()>& between)
      : origin_(origin), into_(into), keep_(keep), between_(between) {}

  void copy_children(tree::Ino ino, const util::RootDir& dir, const std::string& path) {
    for (std::uint64_t i = 0; i < origin_.tree.entry_count(ino); ++i) {
      const auto entry = origin_.tree.entry(ino, i);
      copy(entry.ino, dir, std::string(entry.name), path);
    }
  }

  /// `path` leads from the place of the whole copy to `dir`: "" or "a/b/".
  void copy(tree::Ino ino, const util::RootDir& dir, const std::string& name, const std::string& path) {
    between_();
    if (!S_ISDIR(origin_.tree.inode(ino).mode)) return copy_leaf(ino, dir, name, path);
    if (!dir.make_dir(name) && !is_directory(dir, name)) {
      throw Error(fmt::format("{} is no directory and is not replaced by the directory {}", dir.full(name),
                              describe(origin_, ino)),
                  ENOTDIR);
    }
    copy_children(ino, dir.open_dir(name), path + name + "/");
    apply_metadata(ino, dir, name);  // last: its mode may forbid to write in it, and writing changes its time
  }

private:
  static bool is_directory(const util::RootDir& dir, const std::string& name) {
    const auto status = dir.find_stat(name);
    return status && S_ISDIR(status->st_mode);
  }

  void copy_leaf(tree::Ino ino, const util::RootDir& dir, const std::string& name, const std::string& path) {
    if (is_directory(dir, name)) {
      throw Error(fmt::format("{} is a directory and is not replaced by {}", dir.full(name), describe(origin_, ino)),
                  EISDIR);
    }
    Temporary temporary(dir);
    if (origin_.tree.inode(ino).nlink > 1) {
      const auto [first, is_first] = copied_.try_emplace(ino, path, name);
      if (is_first) make(ino, dir, temporary.name(), name);
      else open_below(first->second.first).link(first->second.second, dir, temporary.name());
    } else {
      make(ino, dir, temporary.name(), name);
    }
    temporary.publish(name);
  }

  util::RootDir open_below(const std::string& path) const { return into_.open_dir(path.empty() ? "." : path); }

  void make(tree::Ino ino, const util::RootDir& dir, const std::string& name, const std::string& final_name) {
    const auto inode = origin_.tree.inode(ino);
    if (S_ISREG(inode.mode)) {
      const auto file = dir.create_file(name);
      if (const auto object = origin_.tree.object(ino)) {
        const auto what = fmt::format("{} to {}", describe(origin_, ino), dir.full(final_name));
        util::copy_file(open_content(origin_, ino, *object), file, inode.size, what, between_);
      }
    } else if (S_ISLNK(inode.mode)) {
      dir.make_symlink(std::string(origin_.tree.symlink_target(ino)), name);
    } else {
      dir.make_node(name, inode.mode, inode.rdev);
    }
    apply_metadata(ino, dir, name);
  }

  void apply_metadata(tree::Ino ino, const util::RootDir& dir, const std::string& name) const {
    auto metadata = metadata_of(origin_, ino);
    if (keep_ == Keep::all) return dir.apply_metadata(name, metadata, util::Owner::given);
    metadata.xattrs.clear();
    // A program that gave its owner's rights would now give the caller's, who never meant to.
    if (!S_ISDIR(metadata.mode) && metadata.uid != ::geteuid()) metadata.mode &= ~std::uint32_t{S_ISUID};
    if (!S_ISDIR(metadata.mode) && metadata.gid != ::getegid()) metadata.mode &= ~std::uint32_t{S_ISGID};
    dir.apply_metadata(name, metadata, util::Owner::callers);
  }

  const Origin& origin_;
  const util::RootDir& into_;
  Keep keep_;
  const std::function<void()>& between_;
  /// Of files with several names, the first that was copied: the path of its directory below `into_`, and its name.
  std::unordered_map<tree::Ino, std::pair<std::string, std::string>> copied_;
};

}  // namespace

void copy_to(const Origin& origin, const util::RootDir& into, const std::string& name, Keep keep,
             const std::function<void()>& between) {
  Copier(origin, into, keep, between).copy(origin.ino, into, name, "");
}

void copy_contents(const Origin& origin, const util::RootDir& into, Keep keep, const std::function<void()>& between) {
  Copier(origin, into, keep, between).copy_children(origin.ino, into, "");
}

}  // namespace lamina::pack
