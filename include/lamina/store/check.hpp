// SPDX-License-Identifier: Apache-2.0
// check: reads the whole store and says what is wrong with it. Changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lamina/store/store.hpp>

namespace lamina::store {

struct CheckReport {
  std::uint64_t objects = 0;
  std::uint64_t object_bytes = 0;
  std::uint64_t layers = 0;
  std::uint64_t trees = 0;
  std::uint64_t images = 0;
  std::vector<std::string> problems;  ///< one sentence each
};

/// Rehashes every blob and object, validates every tree, finds missing objects, makes each layer's archive again and
/// compares its digest with the DiffID, and compares each merged tree with a fresh merge of its layers.
CheckReport check(const Store& store);

}  // namespace lamina::store
