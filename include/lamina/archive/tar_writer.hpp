// SPDX-License-Identifier: Apache-2.0
// TarWriter: writes PAX tar, reproducibly: the same entries in the same order give the same bytes.
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
  /// longer). Content is ignored for other types.
  void add(const Entry& entry, util::Source* content = nullptr);
  /// The end-of-archive marker; nothing may be added afterwards.
  void finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::archive
