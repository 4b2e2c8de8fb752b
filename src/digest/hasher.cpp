// SPDX-License-Identifier: Apache-2.0
#include <lamina/digest/hasher.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <lamina/util/error.hpp>

namespace lamina::digest {

struct Hasher::State {
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};

  State() { start(); }

  void start() const {
    if (!sha256 || !context || EVP_DigestInit_ex2(context.get(), sha256.get(), nullptr) != 1) {
      throw util::Error("OpenSSL cannot compute SHA-256");
    }
  }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(util::Bytes data) {
  if (EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) != 1) throw util::Error("SHA-256 failed");
}

Digest Hasher::finish() {
  std::array<std::byte, Digest::kSize> bytes{};
  // EVP speaks unsigned char; std::byte may alias it.
  if (EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(bytes.data()), nullptr) != 1) {
    throw util::Error("SHA-256 failed");
  }
  state_->start();
  return Digest(bytes);
}

Digest hash(util::Bytes data) {
  Hasher hasher;
  hasher.update(data);
  return hasher.finish();
}

std::size_t HashingSource::read(std::span<std::byte> into) {
  const std::size_t got = inner_->read(into);
  hasher_.update(into.first(got));
  size_ += got;
  return got;
}

VerifyingSource::VerifyingSource(std::unique_ptr<util::Source> inner, const Digest& digest, std::uint64_t size,
                                 std::string what)
    : inner_(std::move(inner)), expected_(digest), size_(size), what_(std::move(what)) {}

std::size_t VerifyingSource::read(std::span<std::byte> into) {
  const std::size_t got = into.empty() ? 0 : inner_->read(into);
  seen_ += got;
  if (seen_ > size_) throw util::Error(fmt::format("{} is longer than the {} bytes it should have", what_, size_));
  hasher_.update(into.first(got));
  if (got != 0 || into.empty() || verified_) return got;
  if (seen_ < size_) {
    throw util::Error(fmt::format("{} ends after {} of {} bytes", what_, seen_, size_));
  }
  if (const Digest actual = hasher_.finish(); actual != expected_) {
    throw util::Error(fmt::format("{} has digest {}, not {}", what_, actual.str(), expected_.str()));
  }
  verified_ = true;
  return 0;
}

}  // namespace lamina::digest
