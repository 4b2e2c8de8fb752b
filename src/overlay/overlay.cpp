// SPDX-License-Identifier: Apache-2.0
#include <lamina/overlay/overlay.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <lamina/util/error.hpp>
#include <lamina/util/log.hpp>

namespace lamina::overlay {

using util::Error;

Overlay::Overlay(tree::Tree tree, ObjectFiles objects) : tree_(std::move(tree)), objects_(std::move(objects)) {}

std::optional<Attr> Overlay::lookup(Ino parent, std::string_view name) const {
  if (name.size() > NAME_MAX) throw Error("the name is too long", ENAMETOOLONG);
  if (name == ".") return getattr(parent);
  if (name == "..") return getattr(tree_.parent(parent));
  const auto entry = tree_.find(parent, name);
  if (!entry) return std::nullopt;
  return getattr(entry->ino);
}

Attr Overlay::getattr(Ino ino) const { return {ino, tree_.inode(ino)}; }

std::string_view Overlay::readlink(Ino ino) const {
  if (!S_ISLNK(tree_.inode(ino).mode)) throw Error("not a symbolic link", EINVAL);
  return tree_.symlink_target(ino);
}

std::size_t Overlay::read(Ino ino, std::span<std::byte> into, std::uint64_t offset) const {
  return read(ino, into, offset, Wait::yes).value();
}

std::optional<std::size_t> Overlay::try_read(Ino ino, std::span<std::byte> into, std::uint64_t offset) const {
  return read(ino, into, offset, Wait::no);
}

struct Overlay::Content {
  std::uint64_t size = 0;
  std::shared_ptr<const util::Fd> file;  ///< nullptr for an empty file
};

Overlay::Content Overlay::content(Ino ino) const {
  const auto inode = tree_.inode(ino);
  if (S_ISDIR(inode.mode)) throw Error("is a directory", EISDIR);
  if (!S_ISREG(inode.mode)) throw Error("not a regular file", EINVAL);
  return {inode.size, inode.size == 0 ? nullptr : object(ino)};
}

std::shared_ptr<const util::Fd> Overlay::object(Ino ino) const {
  const auto digest = tree_.object(ino);
  if (!digest) damaged(ino, "its content has no name");
  try {
    return objects_.get(*digest);
  } catch (const Error& error) {
    if (error.code() == EMFILE || error.code() == ENFILE || error.code() == ENOMEM) throw;
    damaged(ino, error.what());
  }
}

std::optional<std::size_t> Overlay::read(Ino ino, std::span<std::byte> into, std::uint64_t offset, Wait wait) const {
  const auto [size, file] = content(ino);
  if (offset >= size) return 0;
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size - offset)));
  std::size_t done = 0;
  while (done < into.size()) {
    const iovec part{into.data() + done, into.size() - done};
    const auto count =
        ::preadv2(file->get(), &part, 1, static_cast<off_t>(offset + done), wait == Wait::no ? RWF_NOWAIT : 0);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0) {
      damaged(ino, fmt::format("its object ends at byte {} of {}", offset + done, size));
    } else if (wait == Wait::no && (errno == EAGAIN || errno == EOPNOTSUPP)) {
      return std::nullopt;
    } else if (errno != EINTR) {
      damaged(ino, Error::from_errno("reading its object").what());
    }
  }
  return done;
}

std::optional<InoRange> Overlay::note_start(Ino ino) const {
  return run_.with([ino](TreeRun& run) { return run.note(ino); });
}

void Overlay::prefetch(const InoRange& nodes) const noexcept {
  // The start of a file is enough: the rest is the business of the kernel's own readahead.
  constexpr std::uint64_t kMostOfFile = 1U << 20U;
  constexpr std::uint64_t kMostOfAll = 16U << 20U;
  const Ino last = std::min<Ino>(nodes.last, tree_.inode_count());
  std::uint64_t asked = 0;
  for (Ino ino = nodes.first; ino <= last && asked < kMostOfAll; ++ino) {
    try {
      const auto inode = tree_.inode(ino);
      if (!S_ISREG(inode.mode) || inode.size == 0) continue;
      const auto size = std::min(inode.size, kMostOfFile);
      ::posix_fadvise(objects_.get(tree_.object(ino).value())->get(), 0, static_cast<off_t>(size), POSIX_FADV_WILLNEED);
      asked += size;
    } catch (const std::exception&) {  // whoever reads the file will hear of it
    }
  }
}

std::shared_ptr<const util::Fd> Overlay::open(Ino ino) const {
  auto [size, file] = content(ino);
  if (!file) return nullptr;
  // The kernel will read the object without us, so that this is the place to see that it is all there.
  if (const auto there = util::file_size(*file, "its object"); there != size)
    damaged(ino, fmt::format("its object has {} bytes instead of {}", there, size));
  return std::move(file);
}

std::uint64_t Overlay::lseek(Ino ino, std::uint64_t offset, int whence) const {
  const auto [size, file] = content(ino);
  if (whence != SEEK_DATA && whence != SEEK_HOLE) throw Error("only SEEK_DATA and SEEK_HOLE", EINVAL);
  if (offset >= size) throw Error("beyond the end of the file", ENXIO);
  const auto found = ::lseek(file->get(), static_cast<off_t>(offset), whence);
  if (found >= 0) return static_cast<std::uint64_t>(found);
  if (errno == ENXIO) throw Error("no data after this offset", ENXIO);
  damaged(ino, Error::from_errno("seeking in its object").what());
}

std::optional<std::string_view> Overlay::getxattr(Ino ino, std::string_view name) const {
  return tree_.find_xattr(ino, name);
}

std::string Overlay::listxattr(Ino ino) const {
  std::string names;
  for (const auto& [name, value] : tree_.xattrs(ino)) names.append(name).push_back('\0');
  return names;
}

StatFs Overlay::statfs() const noexcept { return {tree_.content_bytes(), tree_.inode_count()}; }

void Overlay::damaged(Ino ino, std::string_view why) const {
  // A program that tries again and again must not fill the disk with its log.
  const bool first = reported_.with([&](auto& inos) { return inos.insert(ino).second; });
  const auto message = fmt::format("/{} cannot be read: {}", util::printable(tree_.path(ino)), why);
  if (first) util::log(util::LogLevel::error, message);
  throw Error(message, EIO);
}

}  // namespace lamina::overlay
