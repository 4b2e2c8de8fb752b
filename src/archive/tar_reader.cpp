// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_reader.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "libarchive_reader.hpp"
#include "tar_entry.hpp"

namespace lamina::archive {

namespace {

constexpr std::size_t kBufferSize = 256U << 10U;  // stays in the processor's cache while it is hashed and written
constexpr std::size_t kRecord = 512;

/// An archive that ends right behind its last member's content (umoci 0.4 writes such layers) gets the padding that
/// libarchive insists on. Nothing else is made up: an end within content or a header is a truncated archive.
class PaddedSource final : public util::Source {
public:
  explicit PaddedSource(util::Source& inner) : inner_(inner) {}

  std::size_t read(std::span<std::byte> into) override {
    const std::size_t got = inner_.read(into);
    const std::size_t odd = (size_ += got) % kRecord;
    if (got != 0 || odd == 0 || !is_content_complete) return got;
    const auto padding = into.first(std::min(into.size(), kRecord - odd));
    std::ranges::fill(padding, std::byte{0});
    size_ += padding.size();
    return padding.size();
  }

  bool is_content_complete = false;

private:
  util::Source& inner_;
  std::uint64_t size_ = 0;
};

}  // namespace

struct TarReader::State {
  State(util::Source& inner, std::string what) : source(inner), reader(source, kBufferSize, std::move(what)) {}

  PaddedSource source;
  LibarchiveReader reader;
  // Of the current member's content: nothing for a link, which may carry some too (pax(1)), but that is its file's.
  std::uint64_t size = 0;
  std::uint64_t read = 0;  ///< up to where, holes included
};

TarReader::TarReader(util::Source& source, std::string what)
    : state_(std::make_unique<State>(source, std::move(what))) {
  state_->reader.keep_headers();
  archive_read_support_format_tar(state_->reader.handle());
  archive_read_support_format_empty(state_->reader.handle());
}

TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() {
  auto* const raw = state_->reader.next();
  if (raw == nullptr) return std::nullopt;
  auto entry = from_libarchive(raw, state_->reader.what(), read_raw_header(state_->reader.header_blocks()));
  state_->size = entry.size;
  state_->read = 0;
  return entry;
}

std::optional<TarReader::Block> TarReader::next_block() {
  auto& [source, reader, size, read] = *state_;
  if (size == 0) return std::nullopt;
  source.is_content_complete = read == size;
  const auto block = reader.next_block();
  source.is_content_complete = false;
  if (!block) return std::nullopt;
  // A sparse member's map may say anything.
  if (block->offset < read || block->offset > size || block->data.size() > size - block->offset) {
    throw util::Error(fmt::format("{} cannot be read: a sparse file's map is wrong", reader.what()));
  }
  read = block->offset + block->data.size();
  return block;
}

}  // namespace lamina::archive
