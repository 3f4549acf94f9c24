#!/bin/bash
# Builds the Debian package of one target from what packaging/release.sh has staged.
#
# usage: packaging/build-deb.sh STAGE TARGET OUT
# needs: cargo-deb
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$1 target=$2 out=$3

# Cargo.toml names the assets by a fixed path.
assets=target/deb
rm -rf "$assets"
mkdir -p target
cp -r "$stage" "$assets"
gzip -9n "$assets"/man/*.1
mv "$assets/completions/dcm2fhir.bash" "$assets/completions/dcm2fhir"
cargo deb --no-build --locked --no-strip --target "$target" --output "$out/"
rm -r "$assets"
