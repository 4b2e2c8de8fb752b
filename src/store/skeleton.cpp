// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/skeleton.hpp>

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include <lamina/archive/decompressor.hpp>
#include <lamina/util/error.hpp>

namespace lamina::store {
namespace {

using util::Error;

static_assert(std::endian::native == std::endian::little,
              "the numbers of a skeleton are written as they lie in memory");

struct Head {
  std::array<char, 8> magic = {'L', 'A', 'M', 'S', 'K', 'E', 'L', '1'};
  std::uint64_t digests = 0;
  std::uint64_t size = 0;
};

struct Record {
  std::uint64_t raw;
  std::uint64_t object;
  std::uint64_t offset;
  std::uint64_t length;
};

constexpr std::uint64_t kNoObject = std::numeric_limits<std::uint64_t>::max();
constexpr int kLevel = 1;  // headers of a tar archive are so alike that higher levels gain little
constexpr const char* kWhat = "a layer's skeleton";

template <typename T>
util::Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

[[noreturn]] void damaged(std::string_view what) { throw Error(fmt::format("{} is damaged: it is no skeleton", what)); }

Head read_head(const util::Fd& file, std::string_view what) {
  Head head;
  const auto into = std::as_writable_bytes(std::span(&head, 1));
  if (util::read_at(file, into, 0, what) != sizeof head || head.magic != Head{}.magic) damaged(what);
  const std::uint64_t rest = util::file_size(file, what) - sizeof head;
  if (head.size > rest || head.digests != (rest - head.size) / digest::Digest::kSize ||
      (rest - head.size) % digest::Digest::kSize != 0) {
    damaged(what);
  }
  return head;
}

/// Fills `into` or stops at the end; returns how many bytes.
std::size_t read_fully(util::Source& source, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::size_t got = source.read(into.subspan(done));
    if (got == 0) break;
    done += got;
  }
  return done;
}

}  // namespace

SkeletonWriter::Out::Out(util::Fd file) : file_(std::move(file)) { write(bytes_of(Head{})); }

void SkeletonWriter::Out::write(util::Bytes data) {
  util::write_all(file_, data, kWhat);
  size_ += data.size();
}

void SkeletonWriter::Out::write_head(util::Bytes data) { util::write_at(file_, data, 0, kWhat); }

SkeletonWriter::SkeletonWriter(util::Fd file) : out_(std::move(file)), pieces_(out_, kLevel) {}

void SkeletonWriter::add(const Piece& piece, const digest::Digest& object) {
  Record record{piece.raw.size(), kNoObject, piece.offset, piece.length};
  if (piece.length != 0) {
    const auto [known, is_new] = positions_.try_emplace(object, table_.size());
    if (is_new) table_.push_back(object);
    record.object = known->second;
  }
  pieces_.write(bytes_of(record));
  pieces_.write(util::as_bytes(piece.raw));
}

void SkeletonWriter::finish() {
  pieces_.finish();
  Head head;
  head.digests = table_.size();
  head.size = out_.size() - sizeof head;
  out_.write(std::as_bytes(std::span(table_)));
  out_.write_head(bytes_of(head));
}

std::vector<digest::Digest> skeleton_objects(const util::Fd& file, std::string_view what) {
  const Head head = read_head(file, what);
  std::vector<digest::Digest> table(head.digests);
  const auto bytes = std::as_writable_bytes(std::span(table));
  if (util::read_at(file, bytes, sizeof head + head.size, what) != bytes.size()) damaged(what);
  return table;
}

SkeletonReader::SkeletonReader(util::Fd file, const std::string& what)
    : what_(what), table_(skeleton_objects(file, what)) {
  const std::uint64_t size = read_head(file, what).size;
  auto shared = std::make_shared<const util::Fd>(std::move(file));
  pieces_ = archive::decompress(std::make_unique<util::FileSource>(std::move(shared), sizeof(Head), size, what),
                                archive::Compression::zstd, what);
}

bool SkeletonReader::next(Step& step) {
  Record record{};
  const std::size_t got = read_fully(*pieces_, std::as_writable_bytes(std::span(&record, 1)));
  if (got == 0) return false;
  if (got != sizeof record || (record.object == kNoObject) != (record.length == 0)) damaged(what_);
  step = {record.raw, {}, record.offset, record.length};
  if (record.length != 0) {
    if (record.object >= table_.size()) damaged(what_);
    step.object = table_[record.object];
  }
  return true;
}

void SkeletonReader::read_raw(std::span<std::byte> into) {
  if (read_fully(*pieces_, into) != into.size()) damaged(what_);
}

}  // namespace lamina::store
