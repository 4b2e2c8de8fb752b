// SPDX-License-Identifier: Apache-2.0
// What the harnesses share. Hostile input has two permitted ends, an answer or util::Error; every other exception, and
// every answer that contradicts another, is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <lamina/util/error.hpp>

namespace lamina::fuzz {

/// Ends the program, which libFuzzer reports with the input.
[[noreturn]] inline void found(const std::string& what) {
  std::fprintf(stderr, "FINDING: %s\n", what.c_str());
  std::abort();
}

inline void require(bool holds, std::string_view promise) {
  if (!holds) found(std::string(promise));
}

/// The answer, or nothing for an Error.
template <typename Action>
std::optional<std::invoke_result_t<Action>> attempt(const Action& action) {
  try {
    return action();
  } catch (const util::Error&) {
    return std::nullopt;
  }
}

/// The answer; here an Error is a finding too.
template <typename Action>
auto must(std::string_view promise, const Action& action) {
  try {
    return action();
  } catch (const util::Error& error) {
    found(std::string(promise) + ": " + error.what());
  }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace lamina::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
