#!/usr/bin/env python3
"""Has HL7's own validation engine look at all that is written of the corpus and of testdata: 0 errors, and no warning
of another kind or number than hl7val.tsv lists.

Studies with logical references, with companions and selections beside them, with all of them contained, and as
transaction Bundles, in five releases. A warning that is new, gone or of another number fails: `--update` writes the
list anew, and its change says in the commit why it is right. Exit code 3 says that the definitions cannot be fetched.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus
from ballot2 import mend

HERE = Path(__file__).parent
LIST = HERE / 'hl7val.tsv'
RELEASES = ('r4', 'r4b', 'r5', 'r6-ballot2', 'r6-ballot5')
EVERYTHING = [
    '--timezone=+01:00',
    '--endpoint=wado-rs=https://pacs.example.org/dicom-web',
    '--system=patient=https://hospital.example.org/patients',
    '--system=accession=https://hospital.example.org/orders',
]
FORMS = {
    'logical': [],
    'separate': ['--references=separate', *EVERYTHING],
    'contained': ['--references=contained', *EVERYTHING],
    'bundle': ['--format=bundle', *EVERYTHING],
}


def main():
    options = arguments()
    home = Path(os.environ.get('HL7VAL_HOME') or default_home())
    os.environ['HL7VAL_HOME'] = str(home)
    if not fetched(options.validator):
        print(f'the definitions cannot be fetched into {home}')
        sys.exit(3)
    mend(home)
    found, errors = collections.Counter(), 0
    for release in RELEASES:
        with tempfile.TemporaryDirectory() as folder:
            written(options, release, Path(folder))
            text = validated(options.validator, release, 'counts', folder)
        print(text.splitlines()[-1])
        for count, level, *kind in kinds(text):
            if level == 'WARNING':
                found[(release, *kind)] += count
            elif level != 'INFORMATION':
                errors += count
                print(level, count, *kind, sep='\t')
    known = collections.Counter() if options.update else listed()
    differences = sorted(kind for kind in found.keys() | known.keys() if found[kind] != known[kind])
    if options.update:
        LIST.write_text(HEAD + ''.join(line(kind, found[kind]) for kind in sorted(found)), encoding='utf-8')
        differences = []
    for kind in differences:
        print(f'{known[kind]} were known, {found[kind]} are found:', *kind, sep='\t')
    print(f'{errors} errors, {sum(found.values())} warnings of {len(found)} kinds, {len(differences)} differences')
    sys.exit(1 if errors or differences else 0)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpus', type=Path)
    parser.add_argument('validator', type=Path, help='hl7val.sh')
    parser.add_argument('--update', action='store_true')
    options = parser.parse_args()
    options.binary = os.environ.get('DCM2FHIR') or corpus.binary()
    return options


def default_home():
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'dcm2fhir-hl7val'


def fetched(validator):
    """Brings the definitions on the first call, which asks for one small document."""
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        file.write('{"resourceType":"Basic","id":"a","code":{"text":"a"}}')
        file.flush()
        return subprocess.run([validator, 'r4', 'counts', file.name], stdout=subprocess.DEVNULL).returncode in (0, 1)


def written(options, release, folder):
    """Exit code 1 says that files were left out, as it must be here."""
    testdata = HERE.parent.parent / 'testdata' / 'dicom'
    for form, more in FORMS.items():
        for name, source in (('corpus', options.corpus), ('testdata', testdata)):
            command = [options.binary, 'convert', source, '--fhir', release, '--quiet', *more]
            with (folder / f'{name}-{form}.ndjson').open('wb') as out:
                run = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, errors='replace')
            if run.returncode > 1:
                sys.exit(f'exit code {run.returncode}: {command}\n{run.stderr}')
    if not any(file.stat().st_size for file in folder.glob('corpus-*')):
        sys.exit(f'{release}: nothing was written')


def validated(validator, release, mode, folder):
    run = subprocess.run([validator, release, mode, folder], capture_output=True, text=True, encoding='utf-8')
    if run.returncode > 1 or 'ENGINE FAILED' in run.stdout:
        sys.exit(f'{release}: the validator failed\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}')
    return run.stdout


def kinds(text):
    """The kinds of messages: number, level, id, element, text. Where the resource stands makes no difference."""
    for row in text.splitlines():
        cells = row.split('\t')
        if len(cells) == 5 and cells[0].isdigit():
            count, level, name, element, message = cells
            element = re.sub(r'^(Bundle\.entry\.resource|\w+\.contained)\((\w+)\)', r'\2', element)
            yield int(count), level, name, element, re.sub(r'\s+', ' ', message)[:120].strip()


HEAD = """\
# Warnings of HL7's validation engine over corpus and testdata, as hl7val.py counts them: release, message, element,
# number, text. None is an error; a change of this list is explained in the commit that makes it.
"""


def line(kind, count):
    release, name, element, message = kind
    return f'{release}\t{name}\t{element}\t{count}\t{message}\n'


def listed():
    known = collections.Counter()
    for row in LIST.read_text(encoding='utf-8').splitlines():
        if not row.startswith('#'):
            release, name, element, count, message = row.split('\t')
            known[release, name, element, message] = int(count)
    return known


if __name__ == '__main__':
    main()
