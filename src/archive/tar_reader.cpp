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
};

TarReader::TarReader(util::Source& source, std::string what)
    : state_(std::make_unique<State>(source, std::move(what))) {
  archive_read_support_format_tar(state_->reader.handle());
  archive_read_support_format_empty(state_->reader.handle());
}

TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() {
  auto* const entry = state_->reader.next();
  if (entry == nullptr) return std::nullopt;
  return from_libarchive(entry, state_->reader.what());
}

std::optional<TarReader::Block> TarReader::next_block() { return state_->reader.next_block(); }

}  // namespace lamina::archive
