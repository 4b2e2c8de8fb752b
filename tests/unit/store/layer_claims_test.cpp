// SPDX-License-Identifier: Apache-2.0
#include <lamina/store/layer_claims.hpp>

#include <lamina/util/error.hpp>

#include "fixture.hpp"

namespace lamina::store {
namespace {

using LayerClaimsTest = StoreTest;

const digest::Digest kA = digest::hash(util::as_bytes("a"));
const digest::Digest kB = digest::hash(util::as_bytes("b"));
const digest::Digest kC = digest::hash(util::as_bytes("c"));

void never() { throw util::Error("it had to wait"); }

TEST_F(LayerClaimsTest, TheSecondWaitsForTheFirst) {
  auto first = std::make_optional<LayerClaims>(store_, std::vector{kA, kB}, never);
  EXPECT_THROW(LayerClaims(store_, {kB, kC}, never), util::Error);
  int waited = 0;
  const LayerClaims second(store_, {kB, kC}, [&] {
    if (++waited == 2) first.reset();
  });
  EXPECT_EQ(waited, 2);
}

TEST_F(LayerClaimsTest, OthersDoNotWait) {
  const LayerClaims first(store_, {kA, kB}, never);
  const LayerClaims second(store_, {kC}, never);
  const LayerClaims none(store_, {}, never);
}

}  // namespace
}  // namespace lamina::store
