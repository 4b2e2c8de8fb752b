// SPDX-License-Identifier: Apache-2.0
// TreeRun: recognises a program that reads one small file after the other (tar, cp -a, grep -r, md5sum *), as readahead
// recognises one that reads one block after the other. The nodes of a directory are numbered in the order in which it
// lists them, so that such a program's next files are the next numbers. Not thread-safe.
#pragma once

#include <optional>

#include <lamina/tree/tree.hpp>

namespace lamina::overlay {

using Ino = tree::Ino;

/// Nodes first to last, both included.
struct InoRange {
  Ino first = 0;
  Ino last = 0;
  bool operator==(const InoRange&) const = default;
};

class TreeRun {
public:
  /// A file is read from its start. A range when a run of such reads is on and half of what was given before is
  /// used up.
  std::optional<InoRange> note(Ino ino) noexcept;

private:
  Ino last_ = 0;
  Ino ahead_ = 0;  ///< the end of the latest range
  unsigned length_ = 0;
};

}  // namespace lamina::overlay
