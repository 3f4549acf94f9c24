#!/bin/bash
# Builds the Debian package, with manual pages and completions that the binary itself writes.
#
# usage: packaging/build-deb.sh [PROFILE]   the cargo profile, release by default
# needs: cargo-deb (cargo install --locked cargo-deb); prints the path of the package
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-release}
target=${CARGO_TARGET_DIR:-target}
folder=$profile
[ "$profile" = dev ] && folder=debug

cargo build --locked --profile "$profile" >&2
binary=$target/$folder/dcm2fhir

# cargo-deb takes assets by a fixed path, so they stand in the checkout whatever the target folder is.
assets=target/deb
rm -rf "$assets"
mkdir -p "$assets/man" "$assets/completions"
cp "$binary" "$assets/dcm2fhir"
# cargo-deb strips only what it finds in the target folder.
strip "$assets/dcm2fhir"
"$binary" man --out "$assets/man"
gzip -9n "$assets"/man/*.1
"$binary" completions bash > "$assets/completions/dcm2fhir"
"$binary" completions zsh > "$assets/completions/_dcm2fhir"
"$binary" completions fish > "$assets/completions/dcm2fhir.fish"

cargo deb --no-build --locked
