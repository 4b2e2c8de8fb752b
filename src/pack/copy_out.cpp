// SPDX-License-Identifier: Apache-2.0
#include <lamina/pack/copy_out.hpp>

#include <cerrno>
#include <unordered_map>

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

  void copy_top(const std::string& name) {
    top_ = name;
    copy(origin_.ino, into_, name);
  }

  void copy_children(tree::Ino ino, const util::RootDir& dir) {
    const auto length = path_.size();
    for (std::uint64_t i = 0; i < origin_.tree.entry_count(ino); ++i) {
      const auto entry = origin_.tree.entry(ino, i);
      path_.append("/").append(entry.name);
      copy(entry.ino, dir, std::string(entry.name));
      path_.resize(length);
    }
  }

private:
  std::string shown() const { return util::printable(origin_.what + path_); }

  static bool is_directory(const util::RootDir& dir, const std::string& name) {
    const auto status = dir.find_stat(name);
    return status && S_ISDIR(status->st_mode);
  }

  void copy(tree::Ino ino, const util::RootDir& dir, const std::string& name) {
    between_();
    if (!S_ISDIR(origin_.tree.inode(ino).mode)) return copy_leaf(ino, dir, name);
    if (!dir.make_dir(name) && !is_directory(dir, name)) {
      throw Error(fmt::format("{} is no directory and is not replaced by {}", dir.full(name), shown()), ENOTDIR);
    }
    copy_children(ino, dir.open_dir(name));
    apply_metadata(ino, dir, name);  // last: its mode may forbid to write in it, and writing changes its time
  }

  void copy_leaf(tree::Ino ino, const util::RootDir& dir, const std::string& name) {
    if (is_directory(dir, name)) {
      throw Error(fmt::format("{} is a directory and is not replaced by {}", dir.full(name), shown()), EISDIR);
    }
    Temporary temporary(dir);
    if (const auto copied = copied_.find(ino); copied != copied_.end()) {
      const auto& path = copied->second;
      const auto slash = path.rfind('/');  // npos + 1 is 0: a name in into_ itself
      const auto folder = into_.open_dir(slash == std::string::npos ? "." : path.substr(0, slash));
      folder.link(path.substr(slash + 1), dir, temporary.name());
    } else {
      make_temporary(ino, dir, temporary.name());
      if (origin_.tree.inode(ino).nlink > 1) copied_.emplace(ino, top_.empty() ? path_.substr(1) : top_ + path_);
    }
    temporary.publish(name);
  }

  void make_temporary(tree::Ino ino, const util::RootDir& dir, const std::string& name) const try {
    make(ino, dir, name);
  } catch (const Error& error) {  // which knows the file by a name that nobody else knows
    if (std::string_view(error.what()).starts_with(shown())) throw;
    throw Error(fmt::format("{}: {}", shown(), error.what()), error.code());
  }

  void make(tree::Ino ino, const util::RootDir& dir, const std::string& name) const {
    const auto inode = origin_.tree.inode(ino);
    if (S_ISREG(inode.mode)) {
      const auto file = dir.create_file(name);
      if (const auto object = origin_.tree.object(ino)) {
        const auto what = fmt::format("{} to {}", shown(), dir.path());
        util::copy_file(open_content(origin_, ino, *object, shown()), file, inode.size, what, between_);
      }
    } else if (S_ISLNK(inode.mode)) {
      dir.make_symlink(std::string(origin_.tree.symlink_target(ino)), name);
    } else {
      dir.make_node(name, inode.mode, inode.rdev);
    }
    apply_metadata(ino, dir, name);
  }

  void apply_metadata(tree::Ino ino, const util::RootDir& dir, const std::string& name) const {
    auto metadata = metadata_of(origin_.tree, ino);
    if (keep_ == Keep::basics) {
      metadata.xattrs.clear();
      // A program that gave its owner's rights would now give the caller's, who never meant to.
      if (!S_ISDIR(metadata.mode) && metadata.uid != ::geteuid()) metadata.mode &= ~std::uint32_t{S_ISUID};
      if (!S_ISDIR(metadata.mode) && metadata.gid != ::getegid()) metadata.mode &= ~std::uint32_t{S_ISGID};
    }
    dir.apply_metadata(name, metadata, keep_ == Keep::all ? util::Owner::given : util::Owner::callers);
  }

  const Origin& origin_;
  const util::RootDir& into_;
  Keep keep_;
  const std::function<void()>& between_;
  std::string top_;   ///< the name in `into_` of the whole copy; "" when its contents go straight into it
  std::string path_;  ///< of the node at hand, below the whole copy: "/a/b"
  /// The first copy of a file that has several names, as a path below `into_`.
  std::unordered_map<tree::Ino, std::string> copied_;
};

}  // namespace

void copy_to(const Origin& origin, const util::RootDir& into, const std::string& name, Keep keep,
             const std::function<void()>& between) {
  Copier(origin, into, keep, between).copy_top(name);
}

void copy_contents(const Origin& origin, const util::RootDir& into, Keep keep, const std::function<void()>& between) {
  Copier(origin, into, keep, between).copy_children(origin.ino, into);
}

}  // namespace lamina::pack
