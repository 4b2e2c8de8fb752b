// SPDX-License-Identifier: Apache-2.0
#include "passthrough.hpp"

#include <optional>

#include <sys/ioctl.h>

#include "wire.hpp"

namespace lamina::fuse {

std::int32_t Passthrough::open(overlay::Ino ino) {
  const auto join = [ino](auto& backings) -> std::optional<std::int32_t> {
    const auto found = backings.find(ino);
    if (found == backings.end()) return std::nullopt;
    ++found->second.opens;
    return found->second.id;
  };
  if (const auto id = backings_.with(join)) return *id;

  const auto file = overlay_.open(ino);
  const std::int32_t fresh = file ? make_id(*file) : 0;
  const std::int32_t used = backings_.with([&](auto& backings) {
    if (const auto other = join(backings)) return *other;  // another thread was faster
    backings.emplace(ino, Backing{fresh, 1});
    return fresh;
  });
  if (used != fresh) close_id(fresh);
  return used;
}

void Passthrough::release(overlay::Ino ino) noexcept {
  const std::int32_t unused = backings_.with([ino](auto& backings) {
    const auto found = backings.find(ino);
    if (found == backings.end() || --found->second.opens > 0) return 0;
    const std::int32_t id = found->second.id;
    backings.erase(found);
    return id;
  });
  close_id(unused);
}

std::int32_t Passthrough::make_id(const util::Fd& file) noexcept {
  const wire::BackingMap map{file.get(), 0, 0};
  const int id = ::ioctl(device_, wire::kBackingOpen, &map);
  return id > 0 ? id : 0;
}

void Passthrough::close_id(std::int32_t id) noexcept {
  const auto number = static_cast<std::uint32_t>(id);
  if (id > 0) ::ioctl(device_, wire::kBackingClose, &number);
}

}  // namespace lamina::fuse
