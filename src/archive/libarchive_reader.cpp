// SPDX-License-Identifier: Apache-2.0
#include "libarchive_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include <lamina/util/error.hpp>
#include <lamina/util/fd.hpp>

#include "c_locale.hpp"

namespace lamina::archive {

namespace {

// Warnings after which an entry is what the archive says: a name that is not in the locale's character set is kept as
// it stands (that is what CLocale is for), and ACLs in text form are of no interest. After any other something is wrong
// with the entry, such as a malformed PAX header that was passed over.
bool is_harmless_warning(struct archive* handle) noexcept {
  if (archive_errno(handle) == EILSEQ) return true;  // archive_platform.h: "file format"
  const char* const text = archive_error_string(handle);
  const std::string_view message = text == nullptr ? "" : text;
  return message.find("SCHILY.acl") != std::string_view::npos || message.find("Solaris ACL") != std::string_view::npos;
}

}  // namespace

LibarchiveReader::LibarchiveReader(util::Source& source, std::size_t buffer_size, std::string what, Skip skip)
    : source_(source),
      buffer_(buffer_size),
      what_(std::move(what)),
      skip_(std::move(skip)),
      handle_(archive_read_new()) {
  if (handle_ == nullptr) throw std::bad_alloc();
  archive_read_set_callback_data(handle(), this);
  archive_read_set_read_callback(handle(), &LibarchiveReader::on_read);
  if (skip_) archive_read_set_skip_callback(handle(), &LibarchiveReader::on_skip);
}

void LibarchiveReader::open() {
  check(archive_read_open1(handle()));
  // The "empty" format takes on what gives no bytes, and be it because a filter failed at the first of them.
  if (archive_errno(handle()) != 0) fail();
  is_open_ = true;
}

archive_entry* LibarchiveReader::next() {
  if (is_finished_) return nullptr;
  const CLocale locale;
  if (!is_open_) open();
  // Before the header, and not as a part of it: what is left of the content is not to be kept.
  if (has_entry_) check(archive_read_data_skip(handle()));
  archive_entry* entry = nullptr;
  is_in_header_ = true;
  has_entry_ = check(archive_read_next_header(handle(), &entry));
  is_in_header_ = false;
  is_finished_ = !has_entry_;
  return has_entry_ ? entry : nullptr;
}

std::string LibarchiveReader::header_blocks() const {
  return input(static_cast<std::uint64_t>(archive_read_header_position(handle())), position());
}

std::uint64_t LibarchiveReader::position() const noexcept {
  return static_cast<std::uint64_t>(archive_filter_bytes(handle(), 0));
}

std::string LibarchiveReader::input(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t buffer_at = given_ - filled_;
  const std::uint64_t kept_at = buffer_at - kept_.size();
  if (begin < kept_at) return {};
  std::string bytes;
  if (begin < buffer_at) bytes = kept_.substr(begin - kept_at, end - begin);
  const std::uint64_t rest = std::max(begin, buffer_at);
  if (rest < end) bytes += util::as_text(std::span(buffer_).subspan(rest - buffer_at, end - rest));
  return bytes;
}

std::optional<TarReader::Block> LibarchiveReader::next_block() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  do {
    if (!check(archive_read_data_block(handle(), &data, &size, &offset))) return std::nullopt;
  } while (size == 0);
  // libarchive has passed over all that it gave before, and will pass over this block in the next call.
  return TarReader::Block{static_cast<std::uint64_t>(offset), position(), {static_cast<const std::byte*>(data), size}};
}

bool LibarchiveReader::used_all_input() const noexcept {
  return given_ > 0 && static_cast<std::uint64_t>(archive_filter_bytes(handle(), -1)) == given_;
}

la_ssize_t LibarchiveReader::on_read(struct archive* handle, void* self, const void** data) noexcept {
  auto& reader = *static_cast<LibarchiveReader*>(self);
  try {
    if (reader.keeps_headers_) {
      const auto header = static_cast<std::uint64_t>(archive_read_header_position(handle));
      reader.kept_ = reader.input(reader.is_in_header_ ? header : reader.position(), reader.given_);
    }
    *data = reader.buffer_.data();
    reader.filled_ = 0;
    reader.filled_ = reader.source_.read(reader.buffer_);
    reader.given_ += reader.filled_;
    return static_cast<la_ssize_t>(reader.filled_);
  } catch (...) {
    reader.failure_ = std::current_exception();
    archive_set_error(handle, EIO, "the source failed");
    return ARCHIVE_FATAL;
  }
}

la_int64_t LibarchiveReader::on_skip(struct archive* /*handle*/, void* self, la_int64_t size) noexcept {
  return static_cast<la_int64_t>(static_cast<LibarchiveReader*>(self)->skip_(static_cast<std::uint64_t>(size)));
}

bool LibarchiveReader::check(int result) {
  if (failure_) std::rethrow_exception(failure_);
  if (result == ARCHIVE_EOF) return false;
  if (result == ARCHIVE_OK || (result == ARCHIVE_WARN && is_harmless_warning(handle()))) return true;
  fail();
}

void LibarchiveReader::fail() const {
  const char* const reason = archive_error_string(handle());
  throw util::Error(fmt::format("{} cannot be read: {}", what_, reason == nullptr ? "it is damaged" : reason));
}

}  // namespace lamina::archive
