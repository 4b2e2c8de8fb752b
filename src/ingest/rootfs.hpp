// SPDX-License-Identifier: Apache-2.0
// rootfs: a directory or a plain tar as an image of one layer.
#pragma once

#include <string>

#include <lamina/ingest/source_image.hpp>

namespace lamina::ingest {

/// The directory is written as one reproducible tar archive into a nameless file in `staging` first: its DiffID has
/// to be known before the config. Sockets are left out (tar has no form for them), as are security.selinux and
/// trusted.overlay.* (they belong to the host).
SourceImage read_rootfs(const std::string& path, const image::Platform& platform, const util::RootDir& staging);

}  // namespace lamina::ingest
