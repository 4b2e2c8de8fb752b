// SPDX-License-Identifier: Apache-2.0
#include <lamina/overlay/object_files.hpp>

#include <algorithm>
#include <list>
#include <unordered_map>
#include <vector>

#include <lamina/util/guarded.hpp>

namespace lamina::overlay {
namespace {

using File = std::shared_ptr<const util::Fd>;

// Enough that readers on all cores seldom meet in one shard.
constexpr std::size_t kShards = 16;

/// Least recently used at the back. Map work only: opening and closing happen outside the shard's lock.
class Shard {
public:
  File find(const digest::Digest& digest) {
    const auto found = index_.find(digest);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->file;
  }

  struct Kept {
    File file;     ///< the one to use: another thread may have been faster
    File evicted;  ///< for the caller to drop once the lock is gone
  };
  Kept keep(const digest::Digest& digest, File file, std::size_t limit) {
    if (File other = find(digest)) return {std::move(other), std::move(file)};
    order_.push_front({digest, file});
    index_.emplace(digest, order_.begin());
    if (order_.size() <= limit) return {std::move(file), nullptr};
    File evicted = std::move(order_.back().file);
    index_.erase(order_.back().digest);
    order_.pop_back();
    return {std::move(file), std::move(evicted)};
  }

private:
  struct Entry {
    digest::Digest digest;
    File file;
  };
  std::list<Entry> order_;
  std::unordered_map<digest::Digest, std::list<Entry>::iterator> index_;
};

}  // namespace

struct ObjectFiles::State {
  State(Open opener, std::size_t budget)
      : open(std::move(opener)), shards(std::clamp<std::size_t>(budget, 1, kShards)), limit(budget / shards.size()) {
    limit = std::max<std::size_t>(limit, 1);
  }

  util::Guarded<Shard>& shard(const digest::Digest& digest) {
    // The map inside a shard hashes by the digest's first bytes, so the shard is chosen by the last one.
    return shards[std::to_integer<std::size_t>(digest.bytes().back()) % shards.size()];
  }

  Open open;
  std::vector<util::Guarded<Shard>> shards;
  std::size_t limit;  ///< descriptors per shard
};

ObjectFiles::ObjectFiles(Open open, std::size_t budget) : state_(std::make_unique<State>(std::move(open), budget)) {}
ObjectFiles::~ObjectFiles() = default;
ObjectFiles::ObjectFiles(ObjectFiles&&) noexcept = default;

File ObjectFiles::get(const digest::Digest& digest) {
  auto& shard = state_->shard(digest);
  if (File file = shard.with([&](Shard& files) { return files.find(digest); })) return file;
  auto opened = std::make_shared<const util::Fd>(state_->open(digest));
  return shard.with([&](Shard& files) { return files.keep(digest, std::move(opened), state_->limit); }).file;
}

}  // namespace lamina::overlay
