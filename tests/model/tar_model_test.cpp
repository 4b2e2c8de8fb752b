// SPDX-License-Identifier: Apache-2.0
// Random tar streams, through reader, extractor and merge, against the naive model (model.hpp); and damaged ones, which
// give an Error or a valid tree. What was taken comes out of the store again byte for byte. A failure prints its seed;
// RC_PARAMS="seed=… max_success=…" runs it again, or longer.
#include <algorithm>
#include <cstdlib>

#include <rapidcheck.h>

#include <lamina/archive/tar_reader.hpp>
#include <lamina/util/error.hpp>

#include "common.hpp"
#include "support/layer_importer.hpp"
#include "tar_maker.hpp"
#include "tar_stream.hpp"

namespace lamina::model {
namespace {

tree::Tree import(const std::string& stream) {
  static test::LayerImporter importer;
  tree::Tree layer = tree::Tree::from_bytes(importer.import(stream), "a layer");
  layer.validate();
  return layer;
}

std::optional<tree::Tree> try_import(const std::string& stream) {
  try {
    return import(stream);
  } catch (const util::Error&) {
    return std::nullopt;
  }
}

Format any_format() { return *rc::gen::element(Format::ustar, Format::pax, Format::gnu); }
std::uint32_t any_seed() { return *rc::gen::inRange<std::uint32_t>(1, 1U << 30U); }

/// Entries that mean something on top of `below`, as `format` can hold them.
Archive any_archive(const Files& below, Format format) {
  Archive archive = *rc::gen::container<Archive>(any_entry());
  for (Entry& entry : archive) {
    entry = representable(std::move(entry), format);
    if (entry.kind == Kind::file) (void)tree::test::content(entry.content);
  }
  return acceptable(below, archive);
}

TarStream stream_of(const Archive& archive, Format format) {
  TarStream stream(any_seed());
  for (const Entry& entry : archive) {
    stream.add_noise();
    stream.add(entry, format);
  }
  return stream;
}

void extracts_like_the_model() {
  Files files;
  std::vector<tree::Tree> layers;
  const auto count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    const Format format = any_format();
    const Archive archive = any_archive(files, format);
    TarStream stream = stream_of(archive, format);
    if (*rc::gen::arbitrary<bool>()) stream.add_end();
    layers.push_back(import(stream.bytes()));
    files = unpack(files, archive);
    RC_ASSERT(list_merged(layers) == list(files));
  }
}

/// A stream that ends between two members is whole; any other end is an Error.
void truncated_streams_are_errors() {
  const Format format = any_format();
  const Archive archive = any_archive({}, format);
  TarStream stream(any_seed());
  for (const Entry& entry : archive) stream.add(entry, format);
  const auto& ends = stream.boundaries();
  for (std::size_t length = 0; length <= stream.bytes().size(); length += archive::test::kBlock) {
    auto layer = try_import(stream.bytes().substr(0, length));
    const auto end = std::ranges::find(ends, length);
    RC_ASSERT(layer.has_value() == (end != ends.end()));
    if (!layer) continue;
    std::vector<tree::Tree> layers;
    layers.push_back(std::move(*layer));
    const Archive part(archive.begin(), archive.begin() + (end - ends.begin()));
    RC_ASSERT(list_merged(layers) == list(unpack({}, part)));
  }
}

void refuses_paths_that_mean_nothing() {
  const Format format = any_format();
  const Archive archive = any_archive({}, format);
  const auto at = *rc::gen::inRange<std::size_t>(0, archive.size() + 1);
  const auto bad = *rc::gen::element<std::string>("..", "a/..", ".wh.", "a/.wh..", "b/.wh...", ".wh.a/b",
                                                  "a/" + std::string(256, 'n'), ".wh." + std::string(256, 'n'));
  TarStream stream(any_seed());
  for (std::size_t i = 0; i <= archive.size(); ++i) {
    if (i == at) stream.add_raw(bad);
    if (i < archive.size()) stream.add(archive[i], format);
  }
  stream.add_end();
  RC_ASSERT(!try_import(stream.bytes()));
}

/// Changes a few bytes and may make header blocks fit for reading again, or moves blocks about.
std::string mutated(std::string bytes) {
  using archive::test::kBlock;
  const auto any_block = [&] { return *rc::gen::inRange<std::size_t>(0, bytes.size() / kBlock) * kBlock; };
  const auto count = *rc::gen::inRange(1, 5);
  for (int i = 0; i < count && bytes.size() >= kBlock; ++i) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0: bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size())); break;
      case 1: bytes.erase(any_block(), kBlock); break;
      case 2: bytes.insert(any_block(), bytes.substr(any_block(), kBlock)); break;
      default: {
        const std::size_t start = any_block();
        std::string block = bytes.substr(start, kBlock);
        // Most of a header is padding: the fields are what counts.
        block[*rc::gen::weightedOneOf<std::size_t>({{3, rc::gen::inRange<std::size_t>(0, 20)},
                                                    {5, rc::gen::inRange<std::size_t>(100, 180)},
                                                    {1, rc::gen::inRange<std::size_t>(0, kBlock)}})] =
            *rc::gen::element('\0', '/', '.', '0', '1', '2', '5', '7', 'L', 'S', 'g', 'x', '\x80', '\xff');
        if (*rc::gen::inRange(0, 4) != 0) archive::test::seal(block);
        bytes.replace(start, kBlock, block);
      }
    }
  }
  return bytes;
}

void damaged_streams_give_errors_or_valid_trees() {
  const Format format = any_format();
  Archive below = any_archive({}, format);
  std::vector<tree::Tree> layers;
  layers.push_back(import(stream_of(below, format).bytes()));
  auto layer = try_import(mutated(stream_of(any_archive(unpack({}, below), format), format).bytes()));
  RC_CLASSIFY(layer.has_value());
  if (!layer) return;
  layers.push_back(std::move(*layer));
  try {
    (void)merged(layers);
  } catch (const util::Error& error) {
    // Of a merge, not of a merged tree that is damaged.
    RC_ASSERT(error.code() != EIO);
  }
}

}  // namespace
}  // namespace lamina::model

int main() {
  ::setenv("RC_PARAMS", "max_success=500 max_size=30", 0);
  using namespace lamina::model;
  const bool extracts = rc::check("tar streams are extracted as in the model", extracts_like_the_model);
  const bool truncated = rc::check("truncated streams are errors", truncated_streams_are_errors);
  const bool refuses = rc::check("paths that mean nothing are refused", refuses_paths_that_mean_nothing);
  const bool damaged =
      rc::check("damaged streams give errors or valid trees", damaged_streams_give_errors_or_valid_trees);
  return extracts && truncated && refuses && damaged ? 0 : 1;
}
