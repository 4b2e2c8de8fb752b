// SPDX-License-Identifier: Apache-2.0
// Archives of the model as tar streams, in the many ways in which tar writers put the same thing.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "model.hpp"

namespace lamina::model {

enum class Format { ustar, pax, gnu };

/// The entry as `format` can hold it (plain ustar has neither fractions of a second nor attributes), and with names
/// that are long enough to need its ways of writing long names.
Entry representable(Entry entry, Format format);

class TarStream {
public:
  explicit TarStream(std::uint32_t seed) : random_(seed) {}

  /// Of a representable entry.
  void add(const Entry& entry, Format format);
  /// A member that is there as it stands: an empty file.
  void add_raw(const std::string& name);
  /// What changes nothing: the root, bookkeeping of AUFS, global PAX headers.
  void add_noise();
  void add_end();

  const std::string& bytes() const { return bytes_; }
  /// Where a member ends, and the next one or its extended headers begin; 0 is among them.
  const std::vector<std::size_t>& boundaries() const { return boundaries_; }

private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string spell(std::string path);
  void append(const std::string& member);

  std::minstd_rand random_;
  std::string bytes_;
  std::vector<std::size_t> boundaries_{0};
};

}  // namespace lamina::model
