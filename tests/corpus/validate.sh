#!/bin/bash
# Converts the corpus in each FHIR release and has every resource checked by independent validators: 0 invalid.
#
#   validate.sh [CORPUS [VALIDATOR]]
#
# The whole corpus with --detail instance; a tenth of it with --detail series and with --detail study.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
corpus=${1:-$root/../shared/corpus}
validator=${2:-$root/../shared/tools/validate/validate.sh}
dcm2fhir=${DCM2FHIR:-${CARGO_TARGET_DIR:-$root/target}/debug/dcm2fhir}
for needed in "$corpus" "$validator" "$dcm2fhir"; do
    [ -e "$needed" ] || { echo "$needed is not there"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Exit code 1 says that files were left out, as it must be here.
convert() {
    "$dcm2fhir" convert "$1" --quiet "${@:2}" || [ $? -eq 1 ]
}

failed=0
for release in r4 r4b r5 r6-ballot2 r6-ballot5; do
    convert "$corpus" --fhir "$release" >"$folder/$release-instance.ndjson"
    convert "$root/testdata/dicom" --fhir "$release" >"$folder/$release-testdata.ndjson"
    for detail in series study; do
        convert "$corpus" --fhir "$release" --detail "$detail" | awk 'NR % 10 == 1' >"$folder/$release-$detail.ndjson"
    done
    echo "$release: $(cat "$folder/$release"-*.ndjson | wc -l) resources"
    [ -s "$folder/$release-instance.ndjson" ] || { echo "$release: nothing was written"; failed=1; }
    "$validator" --fhir "$release" "$folder/$release"-*.ndjson || failed=1
done
exit $failed
