// SPDX-License-Identifier: Apache-2.0
// FileSet: the files of an image source, whether they lie in a directory or in a tar archive.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <lamina/archive/tar_index.hpp>
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

/// The file may be compressed as a whole: it is then unpacked into a nameless file in `staging` first.
class TarFiles final : public FileSet {
public:
  TarFiles(const std::string& path, std::string what, const util::RootDir& staging);
  std::optional<FileRef> find(const std::string& path) const override;

private:
  std::shared_ptr<const util::Fd> file_;
  std::map<std::string, archive::TarMember> members_;
};

/// Opens a file of the user's for reading. Throws Error.
util::Fd open_user_file(const std::string& path);

std::string blob_path(const digest::Digest& digest);

}  // namespace lamina::ingest
