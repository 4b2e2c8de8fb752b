// SPDX-License-Identifier: Apache-2.0
// One Source per compressed format; decompress() chooses among them. Each reads `inner` to its end.
#pragma once

#include <memory>
#include <string>

#include <lamina/archive/decompressor.hpp>
#include <lamina/util/source.hpp>

namespace lamina::archive {

/// What the codecs read from `inner` at a time.
inline constexpr std::size_t kCodecBuffer = 256U << 10U;

std::unique_ptr<util::Source> make_gzip_source(std::unique_ptr<util::Source> inner, std::string what);
std::unique_ptr<util::Source> make_zstd_source(std::unique_ptr<util::Source> inner, std::string what);
/// xz and bzip2.
std::unique_ptr<util::Source> make_libarchive_source(std::unique_ptr<util::Source> inner, Compression compression,
                                                     std::string what);

}  // namespace lamina::archive
