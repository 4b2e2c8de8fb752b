// SPDX-License-Identifier: Apache-2.0
// ObjectFiles: open descriptors of the store's objects, kept within a budget, so that reads by node id need no OPEN
// message. Thread-safe; a descriptor in use outlives its eviction.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <lamina/digest/digest.hpp>
#include <lamina/util/fd.hpp>

namespace lamina::overlay {

class ObjectFiles {
public:
  using Open = std::function<util::Fd(const digest::Digest&)>;

  /// `open` opens an object read-only and throws Error when it cannot; it is called by several threads at once.
  /// At most `budget` descriptors (at least 1) are kept open while unused.
  ObjectFiles(Open open, std::size_t budget);
  ~ObjectFiles();
  ObjectFiles(ObjectFiles&&) noexcept;

  /// The object's descriptor, opened now if need be. Throws what `open` throws.
  std::shared_ptr<const util::Fd> get(const digest::Digest& digest);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::overlay
