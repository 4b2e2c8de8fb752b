// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_reader.hpp>

#include "libarchive_reader.hpp"
#include "tar_entry.hpp"

namespace lamina::archive {

namespace {

constexpr std::size_t kBufferSize = 256U << 10U;  // stays in the processor's cache while it is hashed and written

}  // namespace

struct TarReader::State {
  State(util::Source& source, std::string what) : reader(source, kBufferSize, std::move(what)) {}
  LibarchiveReader reader;
  bool is_in_file = false;  ///< a link may carry content too (pax(1)), which is its file's
};

TarReader::TarReader(util::Source& source, std::string what)
    : state_(std::make_unique<State>(source, std::move(what))) {
  archive_read_support_format_tar(state_->reader.handle());
  archive_read_support_format_empty(state_->reader.handle());
}

TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() {
  auto& [reader, is_in_file] = *state_;
  is_in_file = false;
  auto* const raw = reader.next();
  if (raw == nullptr) return std::nullopt;
  auto entry = from_libarchive(raw, reader.what());
  is_in_file = entry.type == EntryType::file;
  return entry;
}

std::optional<TarReader::Block> TarReader::next_block() {
  if (!state_->is_in_file) return std::nullopt;
  return state_->reader.next_block();
}

}  // namespace lamina::archive
