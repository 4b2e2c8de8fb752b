// SPDX-License-Identifier: Apache-2.0
// A hostile layer blob, all the way: decompression, tar, objects, layer tree, skeleton, merge. Whatever comes out is a
// valid tree, and the store gives the same archive again.
#include <memory>
#include <vector>

#include <sys/mman.h>

#include <lamina/archive/decompressor.hpp>
#include <lamina/archive/tar_index.hpp>
#include <lamina/archive/tar_reader.hpp>
#include <lamina/tree/merge.hpp>

#include "fuzz.hpp"
#include "lower.hpp"
#include "support/layer_importer.hpp"
#include "unit/archive/tar_maker.hpp"

namespace lamina::fuzz {
namespace {

using tree::Tree;

// Keeps one execution short: a blob of some bytes may unpack to, or claim, any number of them.
constexpr std::uint64_t kMaxStream = 1U << 20U;
constexpr std::uint64_t kMaxContent = 4U << 20U;
constexpr std::uint64_t kMaxEntries = 100'000;

std::string decompress(std::string blob) {
  const auto source = archive::decompress_detected(std::make_unique<util::MemorySource>(std::move(blob)), "the input");
  return util::read_all(*source, kMaxStream, "the input");
}

/// Reads members and their content, as promised in TarReader, up to an Error.
void read_members(const std::string& stream) {
  util::MemorySource source(stream);
  archive::TarReader reader(source, "the input");
  attempt([&] {
    while (const auto entry = reader.next()) {
      std::uint64_t end = 0;
      while (const auto block = reader.next_block()) {
        require(block->offset >= end, "content comes in ascending order");
        end = block->offset + block->data.size();
        require(end <= entry->size, "content stays within the file's size");
      }
    }
    return true;
  });
}

void index(const std::string& stream) {
  const auto file = std::make_shared<const util::Fd>(::memfd_create("tar", MFD_CLOEXEC));
  util::write_all(*file, util::as_bytes(stream), "a file in memory");
  const auto members = attempt([&] { return archive::index_tar(file, "the input"); });
  if (!members) return;
  for (const auto& [path, member] : *members) {
    require(member.size <= stream.size() && member.offset <= stream.size() - member.size,
            "an indexed member lies in the file");
  }
}

void import(const std::string& stream) {
  static test::LayerImporter importer({kMaxContent, kMaxEntries});
  const auto bytes = attempt([&] { return importer.import(stream); });
  if (!bytes) return;
  const Tree layer = must("an extracted layer is a valid tree", [&] {
    Tree tree = Tree::from_bytes(*bytes, "the layer");
    tree.validate();
    return tree;
  });
  const std::vector<const Tree*> layers{&lower(), &layer};
  const auto merged = attempt([&] { return tree::merge(layers); });
  if (!merged) return;
  must("a merged tree is valid", [&] { return Tree::from_bytes(*merged, "the merged tree").validate(), 0; });
}

void examine(const std::string& stream) {
  index(stream);
  read_members(stream);
  import(stream);
}

/// The stream with the checksums of its headers put right, which no mutation does.
std::string resealed(std::string stream) {
  using archive::test::kBlock;
  for (std::size_t start = 0; start + kBlock <= stream.size(); start += kBlock) {
    std::string block = stream.substr(start, kBlock);
    if (!block.substr(257).starts_with("ustar")) continue;
    archive::test::seal(block);
    stream.replace(start, kBlock, block);
  }
  return stream;
}

}  // namespace
}  // namespace lamina::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lamina::fuzz;
  const auto stream = attempt([&] { return decompress(std::string(as_text(data, size))); });
  if (!stream) return 0;
  examine(*stream);
  if (const auto sealed = resealed(*stream); sealed != *stream) examine(sealed);
  return 0;
}
