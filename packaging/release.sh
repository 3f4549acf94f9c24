#!/bin/bash
# Makes what a release gives away, from a checkout and without an account. For each target: a stripped binary in an
# archive with manual pages, completions and licences; a Python wheel; a list of components (CycloneDX); for Linux a
# Debian package. Then checksums. Each of them is tried outside of the checkout.
#
# usage: packaging/release.sh [TARGET...]     all targets unless some are named
#   OUT=FOLDER      where to put it, target/release-files by default; what is there is removed first
#   PROFILE=dev     unoptimised, to try the packaging itself
#   TOOLS=FOLDER    the virtual environment of the tools, target/packaging by default
# needs: Rust by rustup, Python 3 with venv, dpkg-deb. What else it needs comes from PyPI and crates.io. The first
#   target must run here, for it writes the manual pages; the others are tried where there is qemu-user or wine.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${PROFILE:-dist}
out=${OUT:-target/release-files}
targets=("$@")
[ $# -gt 0 ] || targets=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu)
version=$(sed -n 's/^version = "\(.*\)"/\1/p;T;q' Cargo.toml)
tools=$(realpath --no-symlinks "${TOOLS:-target/packaging}")
folder=$profile
[ "$profile" != dev ] || folder=debug
# The same commit gives the same archives.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 315532800)
export SOURCE_DATE_EPOCH PATH="$tools/bin:$PATH"

install_tools() {
    [ -x "$tools/bin/python" ] || python3 -m venv "$tools"
    pip install --quiet --disable-pip-version-check -r packaging/requirements.txt
    command -v cargo-deb > /dev/null || cargo install --locked --debug --root "$tools" cargo-deb
    rustup target add "${targets[@]}"
}

# binary TARGET: the path of its binary.
binary() {
    local name=dcm2fhir
    [[ $1 != *windows* ]] || name=dcm2fhir.exe
    echo "${CARGO_TARGET_DIR:-target}/$1/$folder/$name"
}

# licences TARGET FOLDER: what must go with the binary, into the folder.
licences() {
    cp LICENSE-MIT LICENSE-APACHE "$2"
    cp "$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html" "$2/rust-library.html"
    python packaging/licences.py "$1" > "$2/THIRD-PARTY.txt"
}

# Messages of panics name a crate's file, and not where this machine keeps it: 36 kB less.
shorten_paths() {
    local sources
    cargo fetch --locked --quiet
    for sources in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do
        RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$sources="
    done
    export RUSTFLAGS
}

# What of SQLite the index has no use for.
export LIBSQLITE3_FLAGS="-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE \
    -USQLITE_ENABLE_DBSTAT_VTAB -USQLITE_ENABLE_STAT4 -DSQLITE_OMIT_JSON -USQLITE_ENABLE_LOAD_EXTENSION \
    -DSQLITE_OMIT_LOAD_EXTENSION -USQLITE_ENABLE_API_ARMOR -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_PROGRESS_CALLBACK \
    -DSQLITE_OMIT_SHARED_CACHE -USQLITE_ENABLE_COLUMN_METADATA -DSQLITE_OMIT_DECLTYPE -USQLITE_SOUNDEX -DSQLITE_OMIT_AUTHORIZATION \
    -DSQLITE_OMIT_TRACE -DSQLITE_OMIT_UTF16 -DSQLITE_OMIT_COMPLETE -DSQLITE_OMIT_GET_TABLE -DSQLITE_OMIT_DATETIME_FUNCS"

# memcpy FOLDER: makes memcpy.o in it, and tries it.
memcpy() {
    local zig=(python -m ziglang cc -target x86_64-linux-musl)
    "${zig[@]}" -O2 -ffreestanding -c packaging/memcpy.c -o "$1/memcpy.o"
    "${zig[@]}" -fno-builtin -static packaging/memcpy-test.c "$1/memcpy.o" -o "$1/memcpy-test"
    "$1/memcpy-test"
}

# wheel TARGET: compiles, and makes the Python package, which has the components in it.
wheel() {
    local project file linker compatibility=() flags=() features=()
    project=$(mktemp -d)
    if [[ $1 == *musl* ]]; then
        # A static program runs with any C library, and with none.
        compatibility=(--compatibility manylinux2014 musllinux_1_2)
        # zig's linker can do none of this: identical functions once, relocations packed, and no tables for an unwinding
        # that the profile has not.
        linker=${1//-/_}
        export "CARGO_TARGET_${linker^^}_LINKER=rust-lld"
        flags=(-- -C link-arg=--icf=safe -C link-arg=--pack-dyn-relocs=relr)
        if [[ $1 == x86_64* ]]; then
            memcpy "$project"
            flags+=(-C "link-arg=$project/memcpy.o" -C link-arg=--wrap=memcpy)
        fi
        [ "$profile" = dev ] || flags+=(-C link-arg=--no-eh-frame-hdr -C "link-arg=-T$PWD/packaging/static.ld")
    fi
    licences "$1" "$project"
    sed "s#\.\./Cargo.toml#$PWD/Cargo.toml#" packaging/pyproject.toml > "$project/pyproject.toml"
    [ -z "${FEATURES:-}" ] || features=(--features "$FEATURES")
    (cd "$project" && maturin build --zig --locked --profile "$profile" --target "$1" --out made \
        "${features[@]}" "${compatibility[@]}" "${flags[@]}")
    file=$(basename "$project"/made/*.whl)
    python - "$project/made/$file" > "$out/dcm2fhir-$version-$1${FEATURES:+-$FEATURES}.cdx.json" <<'PYTHON'
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
[components] = [name for name in wheel.namelist() if name.endswith(".cyclonedx.json")]
sys.stdout.buffer.write(wheel.read(components))
PYTHON
    [ -n "${FEATURES:-}" ] || mv "$project/made/$file" "$out"
    rm -r "$project"
}

# stage TARGET: the folder that its archive and package are made of.
stage() {
    local stage=$out/dcm2fhir-$version-$1${FEATURES:+-$FEATURES} host
    host=$(binary "${targets[0]}")
    mkdir -p "$stage/man" "$stage/completions"
    cp "$(binary "$1")" README.md CHANGELOG.md "$stage"
    licences "$1" "$stage"
    "$host" man -o "$stage/man"
    "$host" completions bash > "$stage/completions/dcm2fhir.bash"
    "$host" completions zsh > "$stage/completions/_dcm2fhir"
    "$host" completions fish > "$stage/completions/dcm2fhir.fish"
    "$host" completions powershell > "$stage/completions/dcm2fhir.ps1"
    find "$stage" -exec touch --date "@$SOURCE_DATE_EPOCH" {} +
    chmod -R u=rwX,go=rX "$stage"
    echo "$stage"
}

# archive STAGE: the stage as one file.
archive() {
    local name=${1##*/}
    if [[ $name == *windows* ]]; then
        (cd "$out" && python -m zipfile --create "$name.zip" "$name")
    else
        tar --directory "$out" --sort=name --owner=0 --group=0 --numeric-owner -c "$name" | gzip -9n > "$out/$name.tar.gz"
    fi
}

mkdir -p "$out"
out=$(realpath "$out")
rm -rf "${out:?}"/*
install_tools
shorten_paths
# make TARGET: all files of a target; with FEATURES an archive alone.
make() {
    local staged
    echo "-- $1 ${FEATURES:-}"
    wheel "$1"
    staged=$(stage "$1")
    archive "$staged"
    [[ $1 == *windows* || -n ${FEATURES:-} ]] || packaging/build-deb.sh "$staged" "$1" "$out"
    packaging/smoke.sh "$staged" "$(binary "${targets[0]}")"
    rm -r "$staged"
}

for target in "${targets[@]}"; do
    make "$target"
done
# Buckets make the program larger than 10 MB, so who wants them takes another archive.
for target in "${targets[@]}"; do
    [[ $profile == dev || $target != *musl* ]] || FEATURES=objects make "$target"
done
packaging/test-wheel.sh "$out"/*manylinux*"$(uname -m)"*.whl
(cd "$out" && sha256sum -- * > SHA256SUMS)
ls -l "$out"
