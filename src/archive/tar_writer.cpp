// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_writer.hpp>

#include <exception>
#include <new>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <lamina/util/error.hpp>

#include "c_locale.hpp"
#include "tar_entry.hpp"

namespace lamina::archive {

namespace {

using util::Error;

constexpr std::size_t kBufferSize = 256U << 10U;

struct FreeArchive {
  void operator()(struct archive* handle) const noexcept { archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};

}  // namespace

struct TarWriter::State {
  explicit State(util::Sink& to)
      : sink(to), handle(archive_write_new()), entry(archive_entry_new()), buffer(kBufferSize) {
    auto* const a = handle.get();
    if (a == nullptr || entry == nullptr) throw std::bad_alloc();
    archive_write_set_format_pax(a);
    archive_write_set_options(a, "xattrheader=SCHILY");
    archive_write_set_bytes_per_block(a, 0);  // no buffer of its own, and no padding to the length of a tape's record
    check(archive_write_open2(a, this, nullptr, &State::on_write, nullptr, nullptr), "the archive");
  }

  // Freeing the handle of an archive that is not finished would finish it.
  ~State() { is_dropped = true; }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Never says that it failed: check() does, and libarchive 3.6 leaks memory when it is told.
  static la_ssize_t on_write(struct archive* /*handle*/, void* self, const void* data, std::size_t size) noexcept {
    auto& state = *static_cast<State*>(self);
    try {
      if (!state.is_dropped && !state.failure) state.sink.write({static_cast<const std::byte*>(data), size});
    } catch (...) {
      state.failure = std::current_exception();
    }
    return static_cast<la_ssize_t>(size);
  }

  void check(la_ssize_t result, const std::string& what) {
    if (failure) std::rethrow_exception(failure);
    // Warnings are about names that are not ASCII: they are written as the bytes they are, marked hdrcharset=BINARY.
    if (result >= 0 || result == ARCHIVE_WARN) return;
    const char* const reason = archive_error_string(handle.get());
    throw Error(
        fmt::format("{} cannot be archived: {}", util::printable(what), reason == nullptr ? "unknown" : reason));
  }

  void write_content(const Entry& file, util::Source* content) {
    std::uint64_t left = file.size;
    const auto changed = [&](std::string_view how) {
      throw Error(fmt::format("{} is {} than {} bytes", util::printable(file.path), how, file.size));
    };
    while (const auto count = content == nullptr ? 0 : content->read(buffer)) {
      if (count > left) changed("longer");
      check(archive_write_data(handle.get(), buffer.data(), count), file.path);
      left -= count;
    }
    if (left > 0) changed("shorter");
  }

  util::Sink& sink;
  std::exception_ptr failure;  ///< what the sink threw
  bool is_dropped = false;
  std::unique_ptr<struct archive, FreeArchive> handle;
  std::unique_ptr<archive_entry, FreeEntry> entry;
  std::vector<std::byte> buffer;
};

TarWriter::TarWriter(util::Sink& sink) : state_(std::make_unique<State>(sink)) {}

TarWriter::~TarWriter() = default;

void TarWriter::add(const Entry& entry, util::Source* content) {
  const CLocale locale;
  to_libarchive(entry, archive_entry_clear(state_->entry.get()));
  state_->check(archive_write_header(state_->handle.get(), state_->entry.get()), entry.path);
  if (entry.type == EntryType::file) state_->write_content(entry, content);
}

void TarWriter::finish() { state_->check(archive_write_close(state_->handle.get()), "the archive"); }

}  // namespace lamina::archive
