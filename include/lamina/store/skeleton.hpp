// SPDX-License-Identifier: Apache-2.0
// The skeleton of a layer: what has to be known, besides the objects, to write the layer's tar archive again byte for
// byte. It is the archive in pieces: each is some bytes as they stood there (headers, padding) and then a stretch of an
// object's content.
//
//   0   "LAMSKEL1"
//   8   u64 digests   how many objects it names
//   16  u64 size      of the pieces, in bytes
//   24  pieces        one zstd frame; each piece: u64 raw, object, offset, length, then `raw` bytes. `object` is a
//                     position in the table, or 2^64 - 1 for none
//       table         `digests` SHA-256 of 32 bytes
//
// Numbers are little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lamina/archive/compressor.hpp>
#include <lamina/digest/digest.hpp>
#include <lamina/util/fd.hpp>
#include <lamina/util/source.hpp>

namespace lamina::store {

struct Piece {
  std::string raw;           ///< bytes of the archive
  std::uint64_t offset = 0;  ///< in the object's content, bytes
  std::uint64_t length = 0;  ///< of the stretch, bytes; 0: no object
};

class SkeletonWriter {
public:
  /// `file` is new and empty.
  explicit SkeletonWriter(util::Fd file);

  /// The next piece; `object` is ignored when piece.length is 0.
  void add(const Piece& piece, const digest::Digest& object = {});
  void finish();

private:
  class Out final : public util::Sink {
  public:
    explicit Out(util::Fd file);
    void write(util::Bytes data) override;
    void write_head(util::Bytes data);
    std::uint64_t size() const noexcept { return size_; }

  private:
    util::Fd file_;
    std::uint64_t size_ = 0;
  };

  Out out_;
  archive::ZstdSink pieces_;
  std::unordered_map<digest::Digest, std::uint64_t> positions_;
  std::vector<digest::Digest> table_;
};

/// The objects that the skeleton `file` names. Throws Error naming `what` when it is damaged.
std::vector<digest::Digest> skeleton_objects(const util::Fd& file, std::string_view what);

class SkeletonReader {
public:
  /// Throws Error naming `what` when it is damaged, as does next().
  SkeletonReader(util::Fd file, const std::string& what);

  struct Step {
    std::uint64_t raw = 0;     ///< so many bytes of read_raw() come first
    digest::Digest object;     ///< then these of an object, when length is not 0
    std::uint64_t offset = 0;  ///< bytes
    std::uint64_t length = 0;  ///< bytes
  };
  /// False at the end. All raw bytes of the step before must have been read.
  bool next(Step& step);
  void read_raw(std::span<std::byte> into);

private:
  std::string what_;
  std::vector<digest::Digest> table_;
  std::unique_ptr<util::Source> pieces_;
};

}  // namespace lamina::store
