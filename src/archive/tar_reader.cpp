// SPDX-License-Identifier: Apache-2.0
#include <lamina/archive/tar_reader.hpp>

#include "tar_parser.hpp"

namespace lamina::archive {

namespace {

constexpr std::size_t kBufferSize = 256U << 10U;  // stays in the processor's cache while it is hashed and written

}  // namespace

struct TarReader::State {
  TarParser parser;
};

TarReader::TarReader(util::Source& source, std::string what)
    : state_(std::make_unique<State>(TarParser(source, std::move(what), kBufferSize))) {}

TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() { return state_->parser.next(); }

std::optional<TarReader::Block> TarReader::next_block() { return state_->parser.next_block(); }

}  // namespace lamina::archive
