#!/bin/bash
# An archive on all cores of one machine, or of several, with GNU parallel: M scans, then N assemblies.
#
#     examples/parallel/run.sh ARCHIVE OUTPUT [OPTIONS OF ASSEMBLE...]
#
# SCANS and PARTITIONS are the numbers of jobs (4 and 8). For several machines give parallel --sshlogin, and paths that all
# of them see. A job that fails is tried three times; its files appear only once complete. `--report report-{}.json` writes
# one report for each partition.
set -euo pipefail
archive=$1 output=$2
shift 2
program=${DCM2FHIR:-dcm2fhir}
scans=${SCANS:-4} partitions=${PARTITIONS:-8}
records=$(mktemp -d "${output%/}.records.XXXXXX")
trap '[ ! -e "$records" ] || echo "the records stay in $records, and hold patient data: assemble or remove them" >&2' EXIT
parallel -q --retries 3 --halt now,fail=1 \
    "$program" scan -q "$archive" -o "$records/" --partitions "$partitions" --shard "{}/$scans" ::: $(seq "$scans")
parallel -q --retries 3 --halt now,fail=1 \
    "$program" assemble -q "$records" --partition "{}/$partitions" -o "$output/" "$@" ::: $(seq "$partitions")
rm -r "$records"
