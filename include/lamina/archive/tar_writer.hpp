// SPDX-License-Identifier: Apache-2.0
// TarWriter: writes PAX tar, reproducibly: the same entries in the same order give the same bytes. Names are written as
// bytes, and marked hdrcharset=BINARY when they are not ASCII (which GNU tar remarks on); a directory's gets a '/' at its
// end. Not written are a fraction of the last second before the epoch and names of attributes that are not plain ASCII.
#pragma once

#include <memory>

#include <lamina/archive/entry.hpp>
#include <lamina/util/source.hpp>

namespace lamina::archive {

class TarWriter {
public:
  explicit TarWriter(util::Sink& sink);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  /// Writes the header and, for a file, exactly entry.size bytes of `content` (throws Error when it is shorter or
  /// longer). Content is ignored for other types. Throws Error for names that tar cannot hold: empty or with a NUL, and
  /// names of attributes with blanks, '%', '=' or bytes that are not ASCII, which libarchive would write differently.
  void add(const Entry& entry, util::Source* content = nullptr);
  /// The end-of-archive marker; nothing may be added afterwards.
  void finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::archive
