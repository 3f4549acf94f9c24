#!/usr/bin/env python3
"""Reads the manifests in DICOM (--profile mado --format kos) of testdata, of a synthetic archive and of the corpus by
pydicom and by dciodvfy of dicom3tools: each lists what its FHIR twin lists, and dciodvfy objects to nothing but what is
in KNOWN. Two runs write the same bytes.

dciodvfy is Debian's package dicom3tools; exit code 3 says that it is not there.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pydicom

import corpus
from profiles import COMMON, MADO, TESTDATA

VIEWER = '--viewer=https://viewer.example.org/?study={study}'
# What CP-2595 adds to Key Object Selections, and dciodvfy (2022) does not know yet; what MADO adds to them; and values
# of headers that are carried over as they are.
KNOWN = [
    r'Unrecognized enumerated value <(NUM|DATE|TIME)> for value 1 of attribute <Value Type>',
    r'\(0x0040,0xe012\).*Unrecognized tag',
    r'even group number is not a recognized standard attribute - \(0x0040,0xe012\)',
    r'not present in standard DICOM IOD - \(0x0008,0x1190\) UR Retrieve URL',
    r'not present in standard DICOM IOD - \(0x0040,0xe012\)',
    r'contains attributes not present in standard DICOM IOD',
    r'needed to build DICOMDIR',
    r'Value dubious for this VR - \(0x00(08,0x0090|10,0x0010)\) PN .* Retired Person Name form',
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpus', type=Path, nargs='*')
    options = parser.parse_args()
    binary = os.environ.get('DCM2FHIR') or corpus.binary()
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run([binary, 'synth', '-o', root / 'synth', '--studies', '30'], check=True, capture_output=True)
        inputs = [TESTDATA, root / 'synth', *options.corpus]
        cannot = convert(binary, root / 'kos', inputs, ['--format=kos', f'--report={root / "report.json"}'], root)
        convert(binary, root / 'again', inputs, ['--format=kos', '--threads=1'], None)
        convert(binary, root / 'fhir', inputs, [], None)
        files = sorted((root / 'kos').iterdir())
        for path in files:
            if path.read_bytes() != (root / 'again' / path.name).read_bytes():
                faults.append(f'{path.name}: a second run wrote other bytes')
            faults += [f'{path.name}: {fault}' for fault in compared(path, root / 'fhir')]
        print(f'{len(files)} manifests')
        for reason, number in sorted(cannot.items()):
            print(f'{number} cannot: {reason}')
        has_verifier = shutil.which('dciodvfy')
        if has_verifier:
            faults += objections(files)
    print(*faults[:30], f'{len(faults)} faults', sep='\n')
    if faults or not files:
        sys.exit(1)
    if not has_verifier:
        print('dciodvfy is not there: install dicom3tools')
        sys.exit(3)


def convert(binary, out, inputs, more, report_in):
    command = [binary, 'convert', *inputs, '-o', f'{out}/', '--profile=mado', '--quiet', *COMMON, *MADO, VIEWER, *more]
    run = subprocess.run(command, capture_output=True, text=True, errors='replace')
    if run.returncode > 1:
        sys.exit(f'exit code {run.returncode}: {command}\n{run.stderr}')
    if report_in is None:
        return None
    issues = json.loads((report_in / 'report.json').read_text(encoding='utf-8'))['issues']
    lacks = [issue['message'].split(': ', 1)[-1] for issue in issues if issue['reason'] == 'no-manifest']
    return collections.Counter(lacks)


def compared(path, fhir):
    """How a manifest differs from its twin."""
    manifest = pydicom.dcmread(path)
    twin = json.loads((fhir / path.with_suffix('.json').name).read_text(encoding='utf-8'))
    study = next(entry['resource'] for entry in twin['entry'] if entry['resource']['resourceType'] == 'ImagingStudy')
    (evidence,) = manifest.CurrentRequestedProcedureEvidenceSequence
    listed = [
        (series.SeriesInstanceUID, one.ReferencedSOPInstanceUID, one.ReferencedSOPClassUID)
        for series in evidence.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    ]
    wanted = [
        (series['uid'], one['uid'], one['sopClass']['code'].removeprefix('urn:oid:'))
        for series in study['series']
        for one in series['instance']
    ]
    content = manifest.ContentSequence
    flat = [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in content if 'ReferencedSOPSequence' in item]
    (library,) = [item for item in content if item.ValueType == 'CONTAINER']
    groups = [item for item in library.ContentSequence if item.ValueType == 'CONTAINER']
    entries = [item for group in groups for item in group.ContentSequence if 'ReferencedSOPSequence' in item]
    numbers = [value(item) for item in library.ContentSequence if item.ValueType == 'NUM']
    counts = [value(item) for group in groups for item in group.ContentSequence if name(item) == '131564']
    patient = next(entry['resource'] for entry in twin['entry'] if entry['resource']['resourceType'] == 'Patient')
    checks = {
        'title': name(manifest) == '131560',
        'identifier': twin['identifier']['value'] == f'urn:oid:{manifest.SOPInstanceUID}',
        'study': study['identifier'][0]['value'] == f'urn:oid:{evidence.StudyInstanceUID}' == f'urn:oid:{manifest.StudyInstanceUID}',
        'evidence': listed == wanted,
        'references': flat == [uid for _, uid, _ in wanted],
        'entries': [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in entries] == flat,
        'series': numbers == [len(groups)] == [study['numberOfSeries']],
        'instances': counts == [series['numberOfInstances'] for series in study['series']],
        'patient': manifest.PatientID == patient['identifier'][0]['value'] == manifest.OtherPatientIDsSequence[0].PatientID,
        'name': str(manifest.PatientName).split('^')[0].split('=')[0] == patient.get('name', [{}])[0].get('family', ''),
        'itself': manifest.SOPInstanceUID not in flat,
        'syntax': manifest.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian,
    }
    return [f'{what} is not that of its twin' for what, is_right in checks.items() if not is_right]


def name(item):
    return item.ConceptNameCodeSequence[0].CodeValue if 'ConceptNameCodeSequence' in item else None


def value(item):
    return int(item.MeasuredValueSequence[0].NumericValue)


def objections(files):
    """What dciodvfy says beyond KNOWN, with how many files it says it of."""
    found = collections.defaultdict(list)
    for path in files:
        run = subprocess.run(['dciodvfy', path], capture_output=True, text=True, errors='replace')
        for line in {*run.stdout.splitlines(), *run.stderr.splitlines()}:
            if re.search('Error|Warning', line) and not any(re.search(known, line) for known in KNOWN):
                found[line].append(path.name)
    return [f'dciodvfy, {len(names)} files, as {names[0]}: {line}' for line, names in sorted(found.items())]


if __name__ == '__main__':
    main()
