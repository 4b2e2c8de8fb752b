// SPDX-License-Identifier: Apache-2.0
#include <lamina/mount/record.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <tuple>

#include <fmt/format.h>
#include <sys/random.h>
#include <nlohmann/json.hpp>

#include <lamina/util/error.hpp>
#include <lamina/util/staged.hpp>

#include "record_dir.hpp"

namespace lamina::mount {
namespace {

using util::Error;

constexpr const char* kJson = "mount.json";
constexpr const char* kLock = "lock";
constexpr const char* kLog = "log";

std::string new_id() {
  std::array<unsigned char, 6> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw Error::from_errno("choosing a mount id");
  return fmt::format("{:02x}", fmt::join(random, ""));
}

// JSON holds text, a path is bytes: one that is no UTF-8 is kept in hexadecimal beside its legible form.
constexpr const char* kMountpointHex = "mountpoint_hex";

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

std::string to_hex(std::string_view bytes) {
  return fmt::format("{:02x}", fmt::join(std::vector<unsigned char>(bytes.begin(), bytes.end()), ""));
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

/// nullopt: the record went away meanwhile.
std::optional<MountState> find_state(const util::RootDir& mounts, const std::string& id) {
  auto lock = mounts.find_file(id + "/" + kLock);
  if (!lock) return std::nullopt;
  return util::FileLock::find(std::move(*lock), util::LockMode::shared) ? MountState::dead : MountState::live;
}

/// A record that cannot be read still has an id, by which it can be cleared.
MountRecord read_record(const util::RootDir& mounts, const std::string& id) {
  try {
    const auto path = id + "/" + kJson;
    if (const auto text = mounts.find_text(path)) return MountRecord::from_json(*text, mounts.full(path));
  } catch (const Error&) {
  }
  MountRecord unknown;
  unknown.id = id;
  return unknown;
}

}  // namespace

std::string MountRecord::to_json() const {
  nlohmann::json value{{"id", id},
                       {"image", image},
                       {"image_id", image_id},
                       {"chain_id", chain_id},
                       {"mountpoint", mountpoint},
                       {"options", options},
                       {"started", started},
                       {"pid", pid}};
  if (!is_utf8(mountpoint)) value[kMountpointHex] = to_hex(mountpoint);
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

MountRecord MountRecord::from_json(std::string_view json, std::string_view what) {
  try {
    const auto value = nlohmann::json::parse(json);
    MountRecord record;
    value.at("id").get_to(record.id);
    value.at("image").get_to(record.image);
    value.at("image_id").get_to(record.image_id);
    value.at("chain_id").get_to(record.chain_id);
    value.at("mountpoint").get_to(record.mountpoint);
    if (value.contains(kMountpointHex)) record.mountpoint = from_hex(value[kMountpointHex].get<std::string>());
    value.at("options").get_to(record.options);
    value.at("started").get_to(record.started);
    value.at("pid").get_to(record.pid);
    return record;
  } catch (const std::exception& error) {
    throw Error(fmt::format("{} is not a mount record: {}", what, error.what()));
  }
}

std::vector<Mount> list(const store::Store& store) {
  const auto mounts = store.mounts();
  std::vector<Mount> found;
  for (const auto& id : mounts.list()) {
    if (const auto state = find_state(mounts, id)) found.push_back({read_record(mounts, id), *state});
  }
  std::ranges::sort(found, {}, [](const Mount& mount) { return std::tie(mount.record.started, mount.record.id); });
  return found;
}

std::vector<MountRecord> live_mounts(const store::Store& store) {
  std::vector<MountRecord> live;
  for (auto& mount : list(store)) {
    if (mount.state == MountState::live) live.push_back(std::move(mount.record));
  }
  return live;
}

RecordDir RecordDir::publish(const store::Store& store, MountRecord record) {
  record.id = new_id();
  const auto staged = util::Staged::create(store.staging());
  staged.dir().make_dir(record.id);
  const auto dir = staged.dir().open_dir(record.id);
  util::write_all(dir.create_file(kJson), util::as_bytes(record.to_json()), dir.full(kJson));
  auto lock = util::FileLock::wait(dir.create_file(kLock), util::LockMode::exclusive);
  auto mounts = store.mounts();
  if (!staged.dir().rename(record.id, mounts, record.id, util::Replace::no))
    throw Error(fmt::format("{} is there already", mounts.full(record.id)));
  return {std::move(mounts), std::move(lock), std::move(record)};
}

RecordDir::RecordDir(RecordDir&& other) noexcept
    : mounts_(std::move(other.mounts_)),
      lock_(std::exchange(other.lock_, std::nullopt)),
      record_(std::move(other.record_)) {}

RecordDir::~RecordDir() {
  if (!lock_) return;
  try {
    mounts_.remove_all(record_.id);
  } catch (const Error&) {  // then `lamina umount` or the next mount clears it
  }
}

std::string RecordDir::log_path() const { return mounts_.full(record_.id + "/" + kLog); }

bool wait_for_end(const store::Store& store, const std::string& id) {
  using namespace std::chrono_literals;
  const auto mounts = store.mounts();
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (find_state(mounts, id) == MountState::live) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

void remove_record(const store::Store& store, const std::string& id) { store.mounts().remove_all(id); }

}  // namespace lamina::mount
