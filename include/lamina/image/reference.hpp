// SPDX-License-Identifier: Apache-2.0
// Reference: an image's name as docker writes it (distribution/reference grammar), normalised the same way:
// "debian" is docker.io/library/debian:latest, "quay.io/x/y:1" is itself.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include <lamina/digest/digest.hpp>

namespace lamina::image {

struct Reference {
  std::string domain;      ///< "docker.io"
  std::string repository;  ///< "library/debian"
  std::string tag;         ///< "latest"; "" only where a digest is given without a tag
  std::optional<digest::Digest> digest;

  /// Throws Error saying what is wrong (upper case in a repository, bad tag, too long: 255 for the name, 128 for a tag).
  static Reference parse(std::string_view text);
  /// Fully qualified: "docker.io/library/debian:12".
  std::string str() const;
  /// As docker shows it: "debian", "library" and "docker.io" left out; without the tag.
  std::string familiar_name() const;
  /// familiar_name() and the tag.
  std::string familiar() const;
  auto operator<=>(const Reference&) const = default;
};

}  // namespace lamina::image
