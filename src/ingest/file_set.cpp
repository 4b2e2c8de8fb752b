// SPDX-License-Identifier: Apache-2.0
#include "file_set.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lamina/archive/decompressor.hpp>
#include <lamina/digest/hasher.hpp>
#include <lamina/util/error.hpp>

#include "limited_source.hpp"

namespace lamina::ingest {
namespace {

using util::Error;

constexpr std::uint64_t kMaxDocument = std::uint64_t{4} << 20U;  // registries refuse larger ones, too
constexpr int kMaxLinks = 40;                                    // as the kernel's MAXSYMLINKS

util::Fd open_user_file(const std::string& path) {
  // Standard input stays open for whoever has it besides us.
  if (path == kStandardInput) return util::Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  return util::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

bool is_plain(const util::Fd& file, const std::string& what) {
  std::array<std::byte, archive::kMagicSize> head{};
  const std::size_t length = util::read_at(file, head, 0, what);
  return archive::detect_compression(util::Bytes(head).first(length)) == archive::Compression::none;
}

}  // namespace

std::shared_ptr<const util::Fd> open_archive(const std::string& path, const std::string& what,
                                             const util::RootDir& staging, const Limits& limits) {
  util::Fd file = open_user_file(path);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) throw Error::from_errno(fmt::format("opening {}", what));
  const bool is_file = S_ISREG(status.st_mode);
  if (!is_file && path != kStandardInput) throw Error(fmt::format("{} is not a regular file", what), EINVAL);
  // What a shell redirects may have been read in part, by a program before us: offsets count from where it stopped.
  const bool from_start = is_file && ::lseek(file.get(), 0, SEEK_CUR) == 0;
  if (from_start && is_plain(file, what)) return std::make_shared<util::Fd>(std::move(file));

  auto plain = std::make_shared<util::Fd>(staging.create_unnamed());
  util::FdSink sink(*plain, fmt::format("{} into {}", what, staging.path()));
  LimitedSource source(archive::decompress_detected(std::make_unique<util::FdSource>(std::move(file), what), what),
                       limits, what);
  std::vector<std::byte> buffer(std::size_t{1} << 20U);
  while (const std::size_t got = source.read(buffer)) sink.write(util::Bytes(buffer).first(got));
  return plain;
}

std::string blob_path(const digest::Digest& digest) { return "blobs/sha256/" + digest.hex(); }

FileRef FileSet::get(const std::string& path) const {
  if (auto file = find(path)) return std::move(*file);
  throw Error(fmt::format("{} misses the file {}", what_, util::printable(path)), ENOENT);
}

std::string FileSet::get_text(const std::string& path) const {
  const FileRef file = get(path);
  return util::read_all(*file.open(), kMaxDocument, fmt::format("{} of {}", util::printable(path), what_));
}

std::string FileSet::get_blob(const image::Descriptor& descriptor) const {
  const auto what = fmt::format("the blob {} of {}", descriptor.digest.str(), what_);
  const auto file = find(blob_path(descriptor.digest));
  if (!file) throw Error(fmt::format("{} is missing", what), ENOENT);
  digest::VerifyingSource source(file->open(), descriptor.digest, descriptor.size, what);
  return util::read_all(source, kMaxDocument, what);
}

DirectoryFiles::DirectoryFiles(util::RootDir dir, std::string what)
    : FileSet(std::move(what)), dir_(std::make_shared<util::RootDir>(std::move(dir))) {}

std::optional<FileRef> DirectoryFiles::find(const std::string& path) const {
  const auto status = dir_->find_stat(path);
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  return FileRef{static_cast<std::uint64_t>(status->st_size), [dir = dir_, path] {
                   return std::make_unique<util::FdSource>(dir->open_file(path), dir->full(path));
                 }};
}

TarFiles::TarFiles(std::shared_ptr<const util::Fd> archive, std::string what)
    : FileSet(std::move(what)), file_(std::move(archive)), members_(archive::index_tar(file_, FileSet::what())) {}

std::optional<FileRef> TarFiles::find(const std::string& path) const {
  auto member = members_.find(path);
  for (int links = 0; member != members_.end() && !member->second.link_target.empty(); ++links) {
    if (links == kMaxLinks) throw Error(fmt::format("{}: {} is a loop of links", what(), util::printable(path)), ELOOP);
    member = members_.find(member->second.link_target);
  }
  if (member == members_.end()) return std::nullopt;
  const auto& [offset, size, link] = member->second;
  return FileRef{size, [file = file_, offset, size, what = what()] {
                   return std::make_unique<util::FileSource>(file, offset, size, what);
                 }};
}

}  // namespace lamina::ingest
