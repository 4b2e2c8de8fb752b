// SPDX-License-Identifier: Apache-2.0
// FileSet: the files of an image source, whether they lie in a directory or in a tar archive.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <lamina/archive/tar_index.hpp>
#include <lamina/ingest/limits.hpp>
#include <lamina/ingest/source_image.hpp>
#include <lamina/util/root_dir.hpp>

namespace lamina::ingest {

class FileSet {
public:
  explicit FileSet(std::string what) : what_(std::move(what)) {}
  virtual ~FileSet() = default;

  virtual std::optional<FileRef> find(const std::string& path) const = 0;
  FileRef get(const std::string& path) const;
  /// The whole of a small file (JSON). Throws Error when it is missing or over 4 MiB long.
  std::string get_text(const std::string& path) const;
  /// get_text() of blobs/sha256/HEX, verified.
  std::string get_blob(const image::Descriptor& descriptor) const;
  const std::string& what() const noexcept { return what_; }

private:
  std::string what_;
};

class DirectoryFiles final : public FileSet {
public:
  DirectoryFiles(util::RootDir dir, std::string what);
  std::optional<FileRef> find(const std::string& path) const override;

private:
  std::shared_ptr<const util::RootDir> dir_;
};

class TarFiles final : public FileSet {
public:
  /// `archive` is an uncompressed tar file.
  TarFiles(std::shared_ptr<const util::Fd> archive, std::string what);
  std::optional<FileRef> find(const std::string& path) const override;

private:
  std::shared_ptr<const util::Fd> file_;
  std::map<std::string, archive::TarMember> members_;
};

/// A file of the user's, or standard input for "-", uncompressed and to be read from any offset: the file itself, or
/// what it holds in a nameless file in `staging`, if it is compressed or a pipe. Throws Error.
std::shared_ptr<const util::Fd> open_archive(const std::string& path, const std::string& what,
                                             const util::RootDir& staging, const Limits& limits);

std::string blob_path(const digest::Digest& digest);

}  // namespace lamina::ingest
