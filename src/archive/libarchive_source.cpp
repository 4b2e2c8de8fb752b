// SPDX-License-Identifier: Apache-2.0
// xz and bzip2, which few layers have, through libarchive's filters and its "raw" format.
#include <algorithm>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "codecs.hpp"
#include "libarchive_reader.hpp"

namespace lamina::archive {

namespace {

class LibarchiveSource final : public util::Source {
public:
  LibarchiveSource(std::unique_ptr<util::Source> inner, Compression compression, std::string what)
      : inner_(std::move(inner)), reader_(*inner_, kCodecBuffer, std::move(what)) {
    auto* const handle = reader_.handle();
    archive_read_support_format_raw(handle);
    archive_read_support_format_empty(handle);
    archive_read_append_filter(handle, compression == Compression::xz ? ARCHIVE_FILTER_XZ : ARCHIVE_FILTER_BZIP2);
  }

  std::size_t read(std::span<std::byte> into) override {
    if (block_.empty() && !into.empty()) next_block();
    const auto count = std::min(block_.size(), into.size());
    std::copy_n(block_.begin(), count, into.begin());
    block_ = block_.subspan(count);
    return count;
  }

private:
  enum class Place { before, within, end };

  void next_block() {
    if (place_ == Place::before) place_ = reader_.next() == nullptr ? Place::end : Place::within;
    if (place_ == Place::within) {
      if (const auto block = reader_.next_block()) {
        block_ = block->data;
        return;
      }
      place_ = Place::end;
    }
    // The bzip2 filter takes whatever it does not know for the end.
    if (!reader_.used_all_input() || util::drain(*inner_) > 0) {
      throw util::Error(fmt::format("{} cannot be read: its compressed data is damaged or truncated", reader_.what()));
    }
  }

  std::unique_ptr<util::Source> inner_;
  LibarchiveReader reader_;
  Place place_ = Place::before;
  util::Bytes block_;  ///< decompressed and not given out
};

}  // namespace

std::unique_ptr<util::Source> make_libarchive_source(std::unique_ptr<util::Source> inner, Compression compression,
                                                     std::string what) {
  return std::make_unique<LibarchiveSource>(std::move(inner), compression, std::move(what));
}

}  // namespace lamina::archive
