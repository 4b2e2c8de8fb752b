// SPDX-License-Identifier: Apache-2.0
// The few parts of the FUSE protocol that lamina reads or writes itself: what libfuse 3.14 has no name for, and the
// headers needed to find it. Source: Linux include/uapi/linux/fuse.h, protocol 7.40; all numbers in the byte order
// of the machine.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <linux/ioctl.h>

namespace lamina::fuse::wire {

struct InHeader {
  std::uint32_t len;
  std::uint32_t opcode;
  std::uint64_t unique;
  std::uint64_t nodeid;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t pid;
  std::uint32_t padding;
};
static_assert(sizeof(InHeader) == 40);

struct OutHeader {
  std::uint32_t len;
  std::int32_t error;
  std::uint64_t unique;
};
static_assert(sizeof(OutHeader) == 16);

struct InitOut {
  std::uint32_t major;
  std::uint32_t minor;
  std::uint32_t max_readahead;
  std::uint32_t flags;
  std::uint16_t max_background;
  std::uint16_t congestion_threshold;
  std::uint32_t max_write;
  std::uint32_t time_gran;
  std::uint16_t max_pages;
  std::uint16_t map_alignment;
  std::uint32_t flags2;
  std::uint32_t max_stack_depth;
  std::uint32_t unused[6];
};
static_assert(sizeof(InitOut) == 64);

struct OpenOut {
  std::uint64_t fh;
  std::uint32_t open_flags;
  std::int32_t backing_id;
};
static_assert(sizeof(OpenOut) == 16);

struct BackingMap {
  std::int32_t fd;
  std::uint32_t flags;
  std::uint64_t padding;
};

inline constexpr std::uint32_t kForget = 2;
inline constexpr std::uint32_t kInit = 26;
inline constexpr std::uint32_t kBatchForget = 42;

inline constexpr std::uint32_t kInitExt = 1U << 30;          ///< InitOut::flags: flags2 is there
inline constexpr std::uint32_t kPassthroughFlag2 = 1U << 5;  ///< FUSE_PASSTHROUGH, bit 37 of both words
inline constexpr std::uint32_t kOpenKeepCache = 1U << 1;
inline constexpr std::uint32_t kOpenPassthrough = 1U << 7;
inline constexpr unsigned long kBackingOpen = _IOW(229, 1, BackingMap);
inline constexpr unsigned long kBackingClose = _IOW(229, 2, std::uint32_t);

/// Opcode names by number; "" where there is none.
// clang-format off
inline constexpr std::array<std::string_view, 53> kOpcodeNames = {
    "",          "LOOKUP",     "FORGET",      "GETATTR",     "SETATTR",         "READLINK",     "SYMLINK",
    "",          "MKNOD",      "MKDIR",       "UNLINK",      "RMDIR",           "RENAME",       "LINK",
    "OPEN",      "READ",       "WRITE",       "STATFS",      "RELEASE",         "",             "FSYNC",
    "SETXATTR",  "GETXATTR",   "LISTXATTR",   "REMOVEXATTR", "FLUSH",           "INIT",         "OPENDIR",
    "READDIR",   "RELEASEDIR", "FSYNCDIR",    "GETLK",       "SETLK",           "SETLKW",       "ACCESS",
    "CREATE",    "INTERRUPT",  "BMAP",        "DESTROY",     "IOCTL",           "POLL",         "NOTIFY_REPLY",
    "BATCH_FORGET", "FALLOCATE", "READDIRPLUS", "RENAME2",   "LSEEK",           "COPY_FILE_RANGE", "SETUPMAPPING",
    "REMOVEMAPPING", "SYNCFS", "TMPFILE",     "STATX"};
// clang-format on

}  // namespace lamina::fuse::wire
