// SPDX-License-Identifier: Apache-2.0
// Platform: "os/architecture[/variant]" as OCI image-index.md "platform" and docker's --platform write it.
#pragma once

#include <string>
#include <string_view>

namespace lamina::image {

struct Platform {
  std::string os;            ///< "linux"
  std::string architecture;  ///< GOARCH: "amd64", "arm64", …
  std::string variant;       ///< "v8" or ""

  /// "os/arch[/variant]", or "arch" alone (os: linux); x86_64 and aarch64 are taken as amd64 and arm64. Throws Error.
  static Platform parse(std::string_view text);
  /// Of the machine this runs on (linux and its GOARCH).
  static Platform host();
  std::string str() const;
  bool operator==(const Platform&) const = default;
};

/// How well `offered` serves `wanted`: 0 not at all, higher is better (same variant before an unnamed one).
/// arm64 and arm64/v8 are one; arm/v7 is served by v7, then v6, then v5, as containerd does.
int match(const Platform& offered, const Platform& wanted) noexcept;

}  // namespace lamina::image
