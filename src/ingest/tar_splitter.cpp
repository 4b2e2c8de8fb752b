// SPDX-License-Identifier: Apache-2.0
#include "tar_splitter.hpp"

#include <utility>

namespace lamina::ingest {
namespace {

constexpr std::size_t kMaxRaw = std::size_t{64} << 10U;  // what follows an archive's end may be of any length

}  // namespace

std::size_t TarSplitter::read(std::span<std::byte> into) {
  take_raw(current_end_);
  if (file_.empty() && raw_.size() >= kMaxRaw) flush_raw();
  current_ = {};
  const std::size_t got = inner_.read(into);
  current_ = into.first(got);
  current_end_ += got;
  return got;
}

void TarSplitter::take_raw(std::uint64_t position) {
  if (position <= accounted_) return;
  const std::uint64_t start = current_end_ - current_.size();
  raw_ += util::as_text(current_.subspan(accounted_ - start, position - accounted_));
  accounted_ = position;
}

void TarSplitter::add_content(const archive::TarReader::Block& block) {
  take_raw(block.position);
  // The beginning of a block that its reader had put aside may have been taken for no content already.
  const std::uint64_t taken = accounted_ - block.position;
  if (taken >= block.data.size()) return;
  const std::uint64_t offset = block.offset + taken;
  const std::uint64_t length = block.data.size() - taken;
  accounted_ += length;
  if (raw_.empty() && !file_.empty() && file_.back().offset + file_.back().length == offset) {
    file_.back().length += length;
  } else {
    file_.push_back({std::exchange(raw_, {}), offset, length});
  }
}

void TarSplitter::end_file(const digest::Digest& digest) {
  for (const auto& piece : file_) skeleton_.add(piece, digest);
  file_.clear();
}

void TarSplitter::flush_raw() { skeleton_.add({std::exchange(raw_, {}), 0, 0}); }

void TarSplitter::finish() {
  take_raw(current_end_);
  if (!raw_.empty()) flush_raw();
}

}  // namespace lamina::ingest
