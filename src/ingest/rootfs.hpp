// SPDX-License-Identifier: Apache-2.0
// rootfs: a directory or a plain tar as an image of one layer.
#pragma once

#include <memory>
#include <string>

#include <lamina/ingest/source_image.hpp>

namespace lamina::ingest {

/// The directory as one reproducible tar archive, in a nameless file in `staging`: its DiffID has to be known before
/// the config. Sockets are left out (tar has no form for them), as are security.selinux and trusted.overlay.* (they
/// belong to the host).
std::shared_ptr<const util::Fd> archive_directory(const std::string& path, const util::RootDir& staging);

/// An image whose layer is the uncompressed tar `archive`; `path` is where it came from, for messages and history.
SourceImage read_rootfs(const std::shared_ptr<const util::Fd>& archive, const std::string& path,
                        const image::Platform& platform);

}  // namespace lamina::ingest
