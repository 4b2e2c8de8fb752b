// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/decompressor.hpp>

#include <algorithm>
#include <cstring>

#include "codecs.hpp"

namespace lamina::archive {

namespace {

// A stream whose first bytes have been read already.
class ResumedSource final : public util::Source {
public:
  ResumedSource(std::string head, std::unique_ptr<util::Source> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}

  std::size_t read(std::span<std::byte> into) override {
    if (given_ == head_.size()) return rest_->read(into);
    const auto count = std::min(head_.size() - given_, into.size());
    std::memcpy(into.data(), head_.data() + given_, count);
    given_ += count;
    return count;
  }

private:
  std::string head_;
  std::size_t given_ = 0;
  std::unique_ptr<util::Source> rest_;
};

}  // namespace

Compression detect_compression(util::Bytes head) noexcept {
  using namespace std::string_view_literals;
  const auto text = util::as_text(head);
  const bool is_skippable = text.size() >= 4 && (static_cast<unsigned char>(text[0]) & 0xf0U) == 0x50U &&
                            text.substr(1, 3) == "\x2a\x4d\x18"sv;  // a zstd frame of no content, RFC 8878, 3.1.2
  if (is_skippable || text.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::zstd;
  if (text.starts_with("\x1f\x8b\x08"sv)) return Compression::gzip;
  if (text.starts_with("\xfd"
                       "7zXZ\0"sv))
    return Compression::xz;
  // The size of a block and the first bytes of its magic number, or of the end's when there is none: a tar
  // archive too may begin with the letters.
  const auto block = text.substr(std::min<std::size_t>(text.size(), 4));
  const bool is_bzip2 = text.starts_with("BZh"sv) && (block.starts_with("1A"sv) || block.starts_with("\x17\x72"sv));
  return is_bzip2 ? Compression::bzip2 : Compression::none;
}

std::unique_ptr<util::Source> decompress(std::unique_ptr<util::Source> inner, Compression compression,
                                         std::string what) {
  switch (compression) {
    case Compression::none: break;
    case Compression::gzip: return make_gzip_source(std::move(inner), std::move(what));
    case Compression::zstd: return make_zstd_source(std::move(inner), std::move(what));
    case Compression::xz:
    case Compression::bzip2: return make_libarchive_source(std::move(inner), compression, std::move(what));
  }
  return inner;
}

std::pair<Compression, std::unique_ptr<util::Source>> detect(std::unique_ptr<util::Source> inner) {
  std::string head(kMagicSize, '\0');
  std::size_t size = 0;
  while (size < head.size()) {
    const auto count = inner->read(std::as_writable_bytes(std::span(head)).subspan(size));
    if (count == 0) break;
    size += count;
  }
  head.resize(size);
  const auto compression = detect_compression(util::as_bytes(head));
  return {compression, std::make_unique<ResumedSource>(std::move(head), std::move(inner))};
}

std::unique_ptr<util::Source> decompress_detected(std::unique_ptr<util::Source> inner, std::string what) {
  auto [compression, whole] = detect(std::move(inner));
  return decompress(std::move(whole), compression, std::move(what));
}

}  // namespace lamina::archive
