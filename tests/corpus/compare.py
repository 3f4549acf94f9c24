#!/usr/bin/env python3
"""Compares the studies, series and instances that dcm2fhir finds in the corpus with those that pydicom finds.

Every file that pydicom's reading leaves out, and is no plain other file, must be named in the report. The differences
that are right stand in differences.toml under [[compare]].
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus


def oracle(folder):
    script = folder.parent / 'tools' / 'oracle.py'
    with tempfile.TemporaryDirectory() as place:
        out = Path(place, 'oracle.json')
        subprocess.run([sys.executable, script, folder, '--out', out], check=True, stdout=subprocess.DEVNULL)
        return json.loads(out.read_text(encoding='utf-8'))


def main():
    options = corpus.arguments(__doc__)
    wanted = oracle(options.corpus)
    found = corpus.convert(options.binary, options.corpus, 'r5')
    differences = list(instances(wanted, found)) + list(counts(found)) + list(unnamed(wanted, found, options.corpus))
    if found.code != 1:
        differences.append(f'exit code {found.code}, where files are left out')
    totals = wanted['totals']
    print(f"pydicom:  {totals['studies']} studies, {totals['series']} series, {totals['instances']} instances")
    keys = found.keys()
    print(f'dcm2fhir: {len(found.studies)} studies, {len({key[:2] for key in keys})} series, {len(keys)} instances')
    corpus.finish('differences.toml', 'compare', differences, options.suggest)


def instances(wanted, found):
    """Instances that one side has: named by side and file, or by UIDs where the file is not known."""
    files = {
        (study['studyInstanceUID'], series['seriesInstanceUID'], instance['uid']): instance['files'][0]
        for study in wanted['studies']
        for series in study['series']
        for instance in series['instances']
    }
    for key in sorted(files.keys() - found.keys()):
        yield f'only pydicom: {files[key]}'
    for key in sorted(found.keys() - files.keys()):
        yield f'only dcm2fhir: {"/".join(key)}'


def counts(found):
    for uid, study in found.studies.items():
        listed = [len(series.get('instance', [])) for series in study.get('series', [])]
        if study['numberOfSeries'] != len(listed) or study['numberOfInstances'] != sum(listed):
            yield f'counts of study {uid}'


def unnamed(wanted, found, folder):
    """Files that cannot be grouped, and that the report does not name."""
    named = corpus.skipped(found.report, folder)
    for kind in ('missing_uid', 'unreadable'):
        for path in wanted['problems'].get(kind, {}):
            if path not in named:
                yield f'not in the report: {path}'


if __name__ == '__main__':
    main()
