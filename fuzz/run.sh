#!/bin/bash
# Fuzzes each target for a bounded time, from seeds that our own code makes.
#
#     fuzz/run.sh [SECONDS [TARGET...]]
#
# SECONDS is per target (default 60). Needs a nightly compiler and cargo-fuzz (`cargo install cargo-fuzz`). What breaks
# a target is left in fuzz/artifacts, and becomes a test before it is mended. What was found worth keeping stays in
# fuzz/corpus for the next run.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(scanner charset values whole_file archive dicomdir json)

cargo run --quiet --example seeds -- ../testdata/dicom corpus
for target in "${targets[@]}"; do
    echo "== $target for $seconds s"
    # A file takes a few KB and less than 5 s; the sanitizer multiplies both.
    cargo +nightly fuzz run --fuzz-dir . "$target" -- -max_total_time="$seconds" -timeout=5 -max_len=16384 \
        -rss_limit_mb=1024 -malloc_limit_mb=64 -print_final_stats=1 -verbosity=1
done
echo "passed"
