// SPDX-License-Identifier: Apache-2.0
// libfuse, in the version lamina is written for, and what differs between its versions: passthrough has a name there
// since 3.17; before, Channel writes it into the replies.
#pragma once

#include <cstdint>

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include "channel.hpp"

namespace lamina::fuse {

/// In FUSE_INIT: asks for `wanted` (FUSE_CAP_ bits below 32) as far as the kernel has it, and for nothing else that
/// libfuse would ask for by itself.
inline void choose_capabilities(fuse_conn_info& connection, std::uint32_t wanted) {
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
  for (std::uint64_t bit = 1; bit < std::uint64_t{1} << 32; bit <<= 1) {
    if ((wanted & bit) != 0) fuse_set_feature_flag(&connection, bit);
    else fuse_unset_feature_flag(&connection, bit);
  }
#else
  connection.want = connection.capable & wanted;
#endif
}

/// In FUSE_INIT. Backing files may lie on an ordinary file system only (the default since 3.17), so that our own mount
/// may be a layer of another.
inline void request_passthrough(fuse_conn_info& connection, Channel& channel) {
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
  static_cast<void>(channel);
  fuse_set_feature_flag(&connection, FUSE_CAP_PASSTHROUGH);
#else
  static_cast<void>(connection);
  channel.request_passthrough();
#endif
}

/// Before the reply to an open: the kernel is to read this backing file itself.
inline void grant_passthrough(fuse_file_info& file, std::int32_t backing_id) {
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
  file.backing_id = backing_id;
  file.keep_cache = 0;
#else
  static_cast<void>(file);
  Channel::grant_passthrough(backing_id);
#endif
}

}  // namespace lamina::fuse
