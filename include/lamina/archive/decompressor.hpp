// SPDX-License-Identifier: Apache-2.0
// Decompression of layers: gzip through ISA-L (all members), zstd through libzstd (all frames), the rest through
// libarchive's filters. Their memory is bounded, whatever the data asks for: zstd windows up to 128 MiB (as the zstd
// program without --long), xz up to 1 GiB.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <lamina/util/source.hpp>

namespace lamina::archive {

enum class Compression { none, gzip, zstd, xz, bzip2 };

/// By magic number of the stream's first bytes; `none` for anything unknown. Needs 6 bytes or all there are.
Compression detect_compression(util::Bytes head) noexcept;

/// How many bytes detect_compression wants to see.
inline constexpr std::size_t kMagicSize = 6;

/// The content of `inner`; `inner` is read to its very end (so that an outer digest covers all of it), which for
/// gzip allows trailing zero padding only; any other garbage after the data is damage. Throws Error naming `what` on
/// damaged or truncated input. Fastest with spans of 256 KiB and more, into which gzip and zstd decompress directly.
std::unique_ptr<util::Source> decompress(std::unique_ptr<util::Source> inner, Compression compression,
                                         std::string what);

/// The compression found in the stream's own first bytes, and the stream from its beginning.
std::pair<Compression, std::unique_ptr<util::Source>> detect(std::unique_ptr<util::Source> inner);

/// decompress() with what detect() finds, whatever the media type says.
std::unique_ptr<util::Source> decompress_detected(std::unique_ptr<util::Source> inner, std::string what);

}  // namespace lamina::archive
