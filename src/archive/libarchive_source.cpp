// SPDX-License-Identifier: Apache-2.0
// xz and bzip2, which few layers have, through libarchive's filters and its "raw" format.
#include <algorithm>
#include <cstring>
#include <exception>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "codecs.hpp"

namespace lamina::archive {

namespace {

using util::Error;

struct FreeArchive {
  void operator()(struct archive* reader) const noexcept { archive_read_free(reader); }
};

class LibarchiveSource final : public util::Source {
public:
  LibarchiveSource(std::unique_ptr<util::Source> inner, Compression compression, std::string what)
      : inner_(std::move(inner)), what_(std::move(what)), input_(kCodecBuffer), reader_(archive_read_new()) {
    auto* const reader = reader_.get();
    if (reader == nullptr) throw std::bad_alloc();
    archive_read_support_format_raw(reader);
    archive_read_support_format_empty(reader);
    archive_read_append_filter(reader, compression == Compression::xz ? ARCHIVE_FILTER_XZ : ARCHIVE_FILTER_BZIP2);
    archive_read_set_read_callback(reader, &LibarchiveSource::give_input);
    archive_read_set_callback_data(reader, this);
  }

  std::size_t read(std::span<std::byte> into) override {
    while (block_.empty() && !is_finished_ && !into.empty()) next_block();
    const auto count = std::min(block_.size(), into.size());
    std::memcpy(into.data(), block_.data(), count);
    block_ = block_.subspan(count);
    return count;
  }

private:
  static la_ssize_t give_input(struct archive* /*reader*/, void* self, const void** data) noexcept {
    auto& source = *static_cast<LibarchiveSource*>(self);
    try {
      *data = source.input_.data();
      return static_cast<la_ssize_t>(source.inner_->read(source.input_));
    } catch (...) {  // must not pass through C; check() throws it again
      source.failure_ = std::current_exception();
      return -1;
    }
  }

  // Opened by the first read, since that reads from inner_.
  void next_block() {
    auto* const reader = reader_.get();
    if (!is_open_) {
      check(archive_read_open1(reader));
      archive_entry* entry = nullptr;
      is_open_ = true;
      is_finished_ = !check(archive_read_next_header(reader, &entry));
    } else {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      is_finished_ = !check(archive_read_data_block(reader, &data, &size, &offset));
      block_ = {static_cast<const std::byte*>(data), is_finished_ ? 0 : size};
    }
    if (is_finished_) util::drain(*inner_);
  }

  /// False at the end of the content.
  bool check(int result) const {
    if (failure_) std::rethrow_exception(failure_);
    if (result == ARCHIVE_EOF) return false;
    if (result == ARCHIVE_OK) return true;
    const char* const reason = archive_error_string(reader_.get());
    throw Error(fmt::format("{}: the compressed data cannot be read ({})", what_, reason == nullptr ? "damaged" : reason));
  }

  std::unique_ptr<util::Source> inner_;
  std::string what_;
  std::vector<std::byte> input_;
  std::unique_ptr<struct archive, FreeArchive> reader_;
  util::Bytes block_;  ///< decompressed and not yet given out
  std::exception_ptr failure_;
  bool is_open_ = false;
  bool is_finished_ = false;
};

}  // namespace

std::unique_ptr<util::Source> make_libarchive_source(std::unique_ptr<util::Source> inner, Compression compression,
                                                     std::string what) {
  return std::make_unique<LibarchiveSource>(std::move(inner), compression, std::move(what));
}

}  // namespace lamina::archive
