// SPDX-License-Identifier: Apache-2.0
// What every FUSE callback works with, and the one place where exceptions become errnos.
#pragma once

#include <cerrno>
#include <new>
#include <optional>

#include <lamina/overlay/overlay.hpp>
#include <lamina/util/error.hpp>

#include "channel.hpp"
#include "libfuse.hpp"
#include "passthrough.hpp"

namespace lamina::fuse {

/// The userdata of a session.
struct Server {
  explicit Server(const overlay::Overlay& shown) : overlay(shown) {}
  const overlay::Overlay& overlay;
  Channel channel;
  std::optional<Passthrough> passthrough;  ///< nullopt: DataMode::cache
};

/// Runs `work(server)`, which replies as its last act; what it throws becomes the reply.
template <typename Work>
void answer(fuse_req_t request, Work&& work) noexcept {
  try {
    work(*static_cast<Server*>(fuse_req_userdata(request)));
  } catch (const util::Error& error) {
    fuse_reply_err(request, error.code());
  } catch (const std::bad_alloc&) {
    fuse_reply_err(request, ENOMEM);
  } catch (...) {
    fuse_reply_err(request, EIO);
  }
}

/// The callbacks of a read-only session.
const fuse_lowlevel_ops& operations() noexcept;

}  // namespace lamina::fuse
