#!/bin/bash
# Tries one binary from a folder outside of the checkout: it has to write what the reference writes, byte for byte.
#
# usage: packaging/smoke.sh STAGE REFERENCE    the folder of an archive, and a binary that runs here
# needs: for Windows ziglang in the Python of the PATH; Debian 12's Wine lacks a library that every Windows has
set -euo pipefail
stand_in=$(realpath "$(dirname "$0")")/bcryptprimitives.c
stage=$(realpath "$1") reference=$(realpath "$2")
runner=()
binary=$stage/dcm2fhir
case $(basename "$stage") in
    *x86_64*linux*) ;;
    *aarch64*linux*) runner=(qemu-aarch64-static) ;;
    *windows*) runner=(wine) binary=$stage/dcm2fhir.exe ;;
    *) echo "$stage: no known target" >&2; exit 1 ;;
esac
size=$(stat --format=%s "$binary")
echo "$(basename "$stage"): $((size / 1000)) kB"
goal=10000000
[ -z "${FEATURES:-}" ] || goal=17000000
if [ "${PROFILE:-dist}" = dist ] && [ "$size" -gt "$goal" ]; then
    echo "larger than $((goal / 1000000)) MB" >&2
    exit 1
fi
if [ ${#runner[@]} -gt 0 ] && ! command -v "${runner[0]}" > /dev/null; then
    echo "cannot be tried here: $(basename "$stage"): there is no ${runner[0]}"
    exit 0
fi

place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
cd "$place"
if [ "${runner[0]:-}" = wine ]; then
    export WINEPREFIX=$place/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml="
    # A library is looked for beside the program first.
    cp "$binary" .
    binary=$place/dcm2fhir.exe
    python -m ziglang cc -target x86_64-windows-gnu -shared -nostdlib -o bcryptprimitives.dll "$stand_in" -ladvapi32
    trap 'wineserver -k || true; sleep 1; rm -r "$place"' EXIT
fi
# run FOLDER COMMAND...: an archive, its studies, by way of an index too, and its catalog, made by the same binary. The
# catalog has the paths as they were given, so a list gives them: in a folder Windows writes them with backslashes.
run() (
    mkdir "$1"
    cd "$1"
    shift
    "$@" --version
    "$@" synth -o archive --studies 5 --quiet
    "$@" convert archive -o studies --fhir r4 --quiet
    "$@" convert archive -o indexed --fhir r4 --quiet --index ../index
    "$@" convert -o again --fhir r4 --quiet --index ../index
    find archive -type f | sort > list
    "$@" convert --files-from list -o catalog.parquet --quiet
    rm ../index*
)
run expected "$reference"
run found "${runner[@]}" "$binary"
diff -r expected found
echo "$(basename "$stage"): writes $(find found/studies -type f | wc -l) studies as the reference does"
