// SPDX-License-Identifier: Apache-2.0
#include <lamina/tree/fate.hpp>

#include <vector>

#include <gtest/gtest.h>

namespace lamina::tree {
namespace {

struct Case {
  std::vector<Offer> offers;  ///< top layer first
  std::optional<std::size_t> winner;
  std::size_t contributors_end;
};

constexpr Offer N = Offer::nothing;
constexpr Offer W = Offer::whiteout;
constexpr Offer D = Offer::directory;
constexpr Offer O = Offer::opaque_directory;
constexpr Offer X = Offer::other;

TEST(Fate, Table) {
  const std::vector<Case> cases{
      {{}, std::nullopt, 0},
      {{N}, std::nullopt, 0},
      {{N, N}, std::nullopt, 0},
      {{W}, std::nullopt, 0},
      {{X}, 0, 0},
      {{D}, 0, 1},
      {{O}, 0, 1},
      {{N, X}, 1, 0},
      {{N, D}, 1, 2},
      {{W, X}, std::nullopt, 0},
      {{W, D}, std::nullopt, 0},
      {{N, W, D}, std::nullopt, 0},
      {{X, D}, 0, 0},
      {{X, W, X}, 0, 0},
      {{D, D}, 0, 2},
      {{D, D, D}, 0, 3},
      {{D, O, D}, 0, 2},
      {{O, D}, 0, 1},
      {{O, W, D}, 0, 1},
      {{D, W, D}, 0, 1},
      {{D, X, D}, 0, 1},
      {{D, X, O}, 0, 1},
      {{N, D, N, D, N}, 1, 4},
      {{N, D, N, O, D}, 1, 4},
      {{D, N, N}, 0, 1},
      {{D, N, W, D}, 0, 1},
      {{N, N, X, D}, 2, 0},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Fate fate = decide(cases[i].offers);
    EXPECT_EQ(fate.winner, cases[i].winner) << "case " << i;
    EXPECT_EQ(fate.contributors_end, cases[i].contributors_end) << "case " << i;
  }
}

}  // namespace
}  // namespace lamina::tree
