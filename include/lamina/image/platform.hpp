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

  /// "os/arch[/variant]", or "arch[/variant]" alone (os: linux), in the one spelling that containerd's platforms package
  /// gives it: x86_64 is amd64, aarch64 and arm64/v8 are arm64, armhf is arm/v7. Throws Error.
  static Platform parse(std::string_view text);
  /// Of the machine this runs on (linux and its GOARCH).
  static Platform host();
  std::string str() const;
  bool operator==(const Platform&) const = default;
};

/// How well `offered` serves `wanted`: 0 not at all, higher is better (same variant before an unnamed one).
/// arm64 and arm64/v8 are one; arm/v7 is served by v7, then v6, then v5, as containerd does, and amd64/v3 by v2 and v1;
/// another architecture never serves, although the machine might run it (386 on amd64).
int match(const Platform& offered, const Platform& wanted) noexcept;

}  // namespace lamina::image
