#!/usr/bin/env python3
"""Validates what each profile writes of testdata, of a synthetic archive and of the corpus against the guides'
definitions: 0 errors, and for each profile how many studies conform, how many cannot, and why.

profiles.sh runs HAPI with the definitions; exit code 3 says that they cannot be fetched. It checks R4. What it says of
codes that its copies of SNOMED CT and DICOM do not have is left out: see KNOWN.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pydicom.sr._concepts_dict import concepts

import corpus

TESTDATA = corpus.ROOT / 'testdata' / 'dicom'
COMMON = [
    '--timezone=+01:00',
    '--endpoint=wado-rs=https://pacs.example.org/dicom-web',
    '--system=patient=https://hospital.example.org/patients',
    '--system=accession=https://hospital.example.org/orders',
    '--creation-time=2026-11-26T15:00:00Z',
]
MADO = ['--creator=City Hospital', '--creator-id=urn:ietf:rfc:3986|urn:oid:1.2.3', '--retrieve-location=1.2.3.4']
# The profile, its definitions, its options.
PROFILES = {
    'mado': ('mado', [*MADO, '--viewer=https://viewer.example.org/?study={study}']),
    'eu-imaging': ('eu-imaging-r4', ['--references=separate', '--creator=City Hospital', '--endpoint-level=both']),
    'imr': ('imr', ['--references=separate']),
    'mii': ('mii', ['--references=separate']),
    'ips': ('ips', []),
}
# HAPI's copy of DCM is old, and a document with such a code then matches no slice. SNOMED CT is not there.
UNKNOWN_TERM = re.compile(r"Unknown code 'http://dicom.nema.org/resources/ontology/DCM#([^']*)'")
SNOMED = re.compile(r'http://snomed.info/sct')
# DOC is a term of PS3.3 C.7.3.1.1.1; the others pydicom knows.
TERMS = {'DOC', *(code for codes in concepts['DCM'].values() for code in codes)}
CASCADE = r"a matching slice is required, but not found"
BATCH = 300


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpus', type=Path)
    parser.add_argument('validator', type=Path, help='profiles.sh')
    parser.add_argument('profiles', nargs='*', help=f'of {", ".join(PROFILES)}; default: all')
    options = parser.parse_args()
    binary = os.environ.get('DCM2FHIR') or corpus.binary()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / 'synth'
        subprocess.run([binary, 'synth', '-o', archive, '--studies', '30'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in options.profiles or PROFILES:
            out = Path(folder) / name
            cannot = convert(binary, name, out, [TESTDATA, archive, options.corpus])
            errors, known = validate(options.validator, PROFILES[name][0], out)
            claims = claimed(out)
            print(f'{name}: {claims} studies conform, {known} of them but for codes that cannot be checked here')
            for reason, number in sorted(cannot.items()):
                print(f'{name}: {number} cannot: {reason}')
            print(*errors[:20], f'{name}: {len(errors)} errors', sep='\n')
            failed = failed or bool(errors) or not claims
    sys.exit(1 if failed else 0)


def convert(binary, name, out, inputs, more=()):
    """Writes the resources, and says how many studies cannot conform, by reason."""
    report, more = out.with_suffix('.report'), [*PROFILES[name][1], *more]
    common = [option for option in COMMON if name == 'mado' or not option.startswith('--creation-time')]
    command = [binary, 'convert', *inputs, '-o', out, '--profile', name, '--report', report, '--quiet', *common, *more]
    if name != 'mado':
        command.append('--format=json')
    run = subprocess.run(command, capture_output=True, text=True, errors='replace')
    if run.returncode > 1:
        sys.exit(f'exit code {run.returncode}: {command}\n{run.stderr}')
    reasons = collections.Counter()
    for issue in json.loads(report.read_text(encoding='utf-8'))['issues']:
        if issue['reason'] == 'not-conforming':
            reasons[issue['message'].split(': ', 1)[-1]] += 1
    return reasons


def claimed(out):
    """How many studies claim the profile."""
    texts = (path.read_text(encoding='utf-8') for path in out.rglob('*.json'))
    claim = re.compile(r'"resourceType":"(ImagingStudy","id":"[^"]*"|Bundle"),"meta":\{[^}]*"profile"')
    return sum(bool(claim.search(text)) for text in texts)


def validate(validator, definitions, out):
    """The errors, and how many files have only such as are known."""
    files, found = sorted(out.rglob('*.json')), collections.defaultdict(list)
    for start in range(0, len(files), BATCH):
        run = subprocess.run(
            [validator, definitions, '-', *files[start : start + BATCH]], capture_output=True, text=True, errors='replace'
        )
        if run.returncode > 1:
            print(f'the definitions cannot be fetched: {run.stderr[-2000:]}')
            sys.exit(3)
        for line in run.stdout.splitlines():
            name, _, rest = line.partition(' ')
            if rest.startswith(('ERROR', 'FATAL')):
                found[name].append(rest)
    errors, known = [], 0
    for name, messages in sorted(found.items()):
        new = [message for message in messages if not is_known(message)]
        if len(new) < len(messages):
            new = [message for message in new if not re.search(CASCADE, message)]
        known += not new
        errors += [f'{name} {message}' for message in new]
    return errors, known


def is_known(message):
    term = UNKNOWN_TERM.search(message)
    return bool(SNOMED.search(message)) or bool(term) and term[1] in TERMS


if __name__ == '__main__':
    main()
