// SPDX-License-Identifier: Apache-2.0
// Config: the image configuration (OCI image-spec config.md; Docker's is the same but for its media type).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <lamina/digest/digest.hpp>
#include <lamina/image/platform.hpp>

namespace lamina::image {

struct HistoryEntry {
  std::string created;  ///< RFC 3339, or ""
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
};

struct Config {
  Platform platform;
  std::string created;  ///< RFC 3339, or ""
  std::string author;
  std::vector<digest::Digest> diff_ids;  ///< bottom first
  std::vector<HistoryEntry> history;     ///< oldest first
  // of the member "config", what starting a container needs:
  std::vector<std::string> env;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::string user;
  std::map<std::string, std::string> labels;

  /// Throws Error (one sentence, beginning with `what`) on broken JSON, wrong types or a missing rootfs.
  static Config parse(std::string_view json, std::string_view what);
  /// Canonical JSON (sorted keys, no blanks, empty members left out).
  std::string dump() const;
};

/// OCI config.md "Layer ChainID": of all of `diff_ids`, bottom first. At least one is needed; for none the
/// digest of the empty string stands in.
digest::Digest chain_id(const std::vector<digest::Digest>& diff_ids);

}  // namespace lamina::image
