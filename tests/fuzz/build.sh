# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the scripts of this folder, to be sourced in the project's own.

# build_fuzz TARGET…: with clang++ in build-fuzz, quiet unless it fails.
build_fuzz() {
  local log=build-fuzz/build.log
  mkdir -p build-fuzz
  # werror: clang warns of other things than the GCC that the sources are kept clean with.
  # -g1: says enough of a finding, and compiles faster. ccache: Meson takes it by itself only with its own compiler.
  if ! {
    [[ -f build-fuzz/build.ninja ]] || CXX="$(command -v ccache || true) clang++" meson setup build-fuzz \
      -Dtests=false -Dfuzz=true -Db_lundef=false -Dwerror=false -Doptimization=2 -Ddebug=false -Dcpp_args=-g1
    ninja -C build-fuzz "${@/#/tests/fuzz/}"
  } >"$log" 2>&1 </dev/null; then
    grep -E -A 20 -m 1 'FAILED|ERROR:|error:' "$log" >&2 || tail -n 20 "$log" >&2
    echo "building the harnesses failed; the whole log is $log" >&2
    return 1
  fi
}
