// SPDX-License-Identifier: Apache-2.0
// Where the members of an uncompressed tar file lie, so that a docker-archive or oci-archive can be read in any
// order without unpacking it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <lamina/util/fd.hpp>

namespace lamina::archive {

struct TarMember {
  std::uint64_t offset = 0;  ///< of the first content byte in the file
  std::uint64_t size = 0;    ///< bytes
  std::string link_target;   ///< normalised target of a symbolic or hard link; "" for a plain file
};

/// Regular files and links of the archive by normalised path ("a/b", no leading "./"; the last of a name wins). Left out
/// are sparse files, which do not lie there as they are, and paths and link targets that lead out of the archive.
/// Reads headers only and skips contents. Throws Error naming `what` when it is no tar or is truncated.
std::map<std::string, TarMember> index_tar(const std::shared_ptr<const util::Fd>& file, const std::string& what);

}  // namespace lamina::archive
