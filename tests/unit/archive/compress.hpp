// SPDX-License-Identifier: Apache-2.0
// Compressed data to read back, through libarchive's writing filters, and a gzip member put together by hand.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <archive.h>
#include <archive_entry.h>
#include <zstd.h>

#include <lamina/archive/decompressor.hpp>

#include "sources.hpp"

namespace lamina::archive::test {

/// A zstd frame with a checksum and, since it does not know its size beforehand, with a window as large as asked for.
inline std::string zstd_frame(const std::string& content, int window_log) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string result(ZSTD_compressBound(content.size()) + 100, '\0');
  ZSTD_outBuffer output{result.data(), result.size(), 0};
  ZSTD_inBuffer input{content.data(), content.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  result.resize(output.pos);
  return result;
}

inline std::string compress(const std::string& content, Compression compression) {
  if (compression == Compression::zstd) return zstd_frame(content, 20);
  struct archive* const writer = archive_write_new();
  archive_write_set_format_raw(writer);
  switch (compression) {
    case Compression::none: archive_write_add_filter_none(writer); break;
    case Compression::gzip: archive_write_add_filter_gzip(writer); break;
    case Compression::zstd: break;
    case Compression::xz: archive_write_add_filter_xz(writer); break;
    case Compression::bzip2: archive_write_add_filter_bzip2(writer); break;
  }
  archive_write_set_filter_option(writer, nullptr, "compression-level", "1");
  archive_write_set_bytes_in_last_block(writer, 1);
  std::string result(content.size() + 10'000, '\0');
  std::size_t used = 0;
  archive_write_open_memory(writer, result.data(), result.size(), &used);
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, "data");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  const bool is_whole = archive_write_close(writer) == ARCHIVE_OK;
  archive_write_free(writer);
  if (!is_whole) throw std::runtime_error("cannot compress");
  result.resize(used);
  return result;
}

/// RFC 1952, section 2.3.1: bits of the byte FLG.
enum GzipFlag : unsigned { kText = 1, kHeaderCrc = 2, kExtra = 4, kName = 8, kComment = 16 };

inline std::uint32_t crc32(const std::string& data) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

inline std::string little_endian(std::uint32_t number, int bytes) {
  std::string result;
  for (int i = 0; i < bytes; ++i, number >>= 8U) result.push_back(static_cast<char>(number & 0xffU));
  return result;
}

/// One gzip member with a stored block (of at most 65,535 bytes) and the header fields asked for.
inline std::string gzip_member(const std::string& content, unsigned flags) {
  using namespace std::string_literals;
  std::string header = "\x1f\x8b\x08"s + static_cast<char>(flags) + "\1\2\3\4\0\3"s;
  if ((flags & kExtra) != 0) header += "\7\0"s + "extra\0!"s;
  if ((flags & kName) != 0) header += "name"s + '\0';
  if ((flags & kComment) != 0) header += "comment"s + '\0';
  if ((flags & kHeaderCrc) != 0) header += little_endian(crc32(header) & 0xffffU, 2);
  const auto size = static_cast<std::uint32_t>(content.size());
  return header + '\1' + little_endian(size, 2) + little_endian(~size & 0xffffU, 2) + content +
         little_endian(crc32(content), 4) + little_endian(size, 4);
}

inline std::string decompressed(const std::string& data, Compression compression, std::size_t most_in = 1U << 20U,
                                std::size_t most_out = 1U << 20U) {
  const auto source = decompress(std::make_unique<ChoppedSource>(data, most_in), compression, "the data");
  std::string buffer(most_out, '\0');
  std::string result;
  while (const auto count = source->read(std::as_writable_bytes(std::span(buffer)))) result.append(buffer, 0, count);
  return result;
}

}  // namespace lamina::archive::test
