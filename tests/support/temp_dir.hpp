// SPDX-License-Identifier: Apache-2.0
// TempDir: a directory for one test, removed by the destructor.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lamina::test {

class TempDir {
public:
  TempDir() {
    std::string name = (place() / "lamina-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string str(std::string_view name = "") const { return (name.empty() ? path_ : path_ / name).string(); }
  void write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string read(std::string_view name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

private:
  /// In memory where that is to be had: the store syncs a lot, and no unit test looks at what a power cut leaves.
  static std::filesystem::path place() {
    const std::filesystem::path memory = "/dev/shm";
    return std::getenv("TMPDIR") == nullptr && std::filesystem::is_directory(memory)
               ? memory
               : std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

}  // namespace lamina::test
