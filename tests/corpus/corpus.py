"""What the corpus holds, read by pydicom alone, and what dcm2fhir made of it: what the checks beside this file share.

A check compares the two and prints every difference. One that is right stands in its list with the reason; any other
fails the check, and so does a listed one that no longer occurs.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

import pydicom

warnings.simplefilter('ignore')
logging.disable(logging.CRITICAL)
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / 'shared'
DIRECTORY = pydicom.uid.MediaStorageDirectoryStorage


@dataclass(frozen=True)
class File:
    """A file that pydicom reads as an instance."""

    path: str
    study: str
    series: str
    instance: str
    dataset: pydicom.Dataset

    @property
    def key(self):
        return self.study, self.series, self.instance


@dataclass(frozen=True)
class Conversion:
    """What one run of dcm2fhir wrote."""

    code: int
    studies: dict  # ImagingStudy by Study Instance UID
    report: dict

    def keys(self):
        """(study, series, instance) of every instance written."""
        return {
            (study, series['uid'], instance['uid'])
            for study, resource in self.studies.items()
            for series in resource.get('series', [])
            for instance in series.get('instance', [])
        }


def arguments(description):
    """The corpus and the binary; exits at once where the corpus is not there."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('corpus', nargs='?', type=Path, default=SHARED / 'corpus')
    parser.add_argument('--binary', type=Path, default=binary())
    parser.add_argument('--suggest', action='store_true', help='print unlisted differences as entries for the list')
    options = parser.parse_args()
    if not options.corpus.is_dir():
        sys.exit(f'{options.corpus} is not there')
    return options


def binary():
    target = os.environ.get('CARGO_TARGET_DIR') or ROOT / 'target'
    return Path(target) / 'debug' / 'dcm2fhir'


def convert(program, folder, release, *options):
    """Runs dcm2fhir on a folder and reads what it wrote."""
    with tempfile.TemporaryDirectory() as place:
        out, report = Path(place, 'out'), Path(place, 'report.json')
        command = [program, 'convert', folder, '--fhir', release, '--report', report, '-o', out, '--quiet', *options]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors='replace')
        if done.returncode not in (0, 1) or 'panicked' in done.stderr:
            sys.exit(f'dcm2fhir ended with {done.returncode}: {done.stderr[-2000:]}')
        resources = [json.loads(path.read_text(encoding='utf-8')) for path in sorted(out.glob('**/*.json'))]
        studies = {study_uid(r): r for r in resources if r['resourceType'] == 'ImagingStudy'}
        return Conversion(done.returncode, studies, json.loads(report.read_text(encoding='utf-8')))


def study_uid(resource):
    values = [i['value'] for i in resource['identifier'] if i.get('system') == 'urn:dicom:uid']
    assert len(values) == 1, resource['identifier']
    return values[0].removeprefix('urn:oid:')


def skipped(report, folder):
    """The files that the report names as left out, relative to the folder: {path: reason}."""
    return {relative(entry['path'], folder): entry['reason'] for entry in report['skipped']}


def relative(path, folder):
    return path.removeprefix(f'{folder}/')


def files(folder):
    """Every instance that pydicom can read, in the order of their paths."""
    for path in sorted(folder.rglob('*')):
        if not path.is_symlink() and path.is_file():
            dataset = read(path)
            keys = dataset and [uid(dataset, k) for k in ('StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID')]
            if keys and all(keys) and not is_directory(dataset):
                yield File(str(path.relative_to(folder)), *keys, dataset)


def read(path):
    """The data set without pixel data, or None where pydicom cannot."""
    try:
        return pydicom.dcmread(path, force=True, stop_before_pixels=True)
    except Exception:  # whatever pydicom says of a file, others read it too
        return None


def is_directory(dataset):
    meta = getattr(dataset, 'file_meta', {})
    return 'DirectoryRecordSequence' in dataset or meta.get('MediaStorageSOPClassUID') == DIRECTORY


def uid(dataset, keyword):
    """A UID without its padding."""
    try:
        value = dataset.get_item(keyword).value
    except Exception:  # absent, or not to be read
        return ''
    value = value.decode('latin-1') if isinstance(value, bytes) else str(value or '')
    return value.rstrip('\0 ')


def value(dataset, keyword):
    """The first value of an attribute as text without padding; empty where there is none."""
    try:
        found = dataset.get(keyword)
    except Exception:  # a value that pydicom cannot read is none that we can miss
        return ''
    if isinstance(found, (list, pydicom.multival.MultiValue)):
        found = '\\'.join(str(part) for part in found)
    return '' if found is None else str(found).strip('\0 \t\r\n\\')


def items(dataset, keyword):
    """The items of a sequence; none where it cannot be read."""
    try:
        found = dataset.get(keyword)
    except Exception:
        return []
    return list(found) if isinstance(found, pydicom.Sequence) else []


def listed(name, check):
    """The known differences of a check: {key: reason}."""
    table = tomllib.loads((HERE / name).read_text(encoding='utf-8'))
    return {key: entry['reason'] for entry in table.get(check, []) for key in entry['of']}


def finish(name, check, differences, suggest=False, described=str):
    """Prints the differences, and fails on one that is not listed or no longer occurs."""
    known = listed(name, check)
    unlisted = [key for key in differences if key not in known]
    stale = [key for key in known if key not in differences]
    for key in unlisted:
        print(f'NOT LISTED  {described(key)}')
    for key in stale:
        print(f'NO LONGER   {key}: take it out of {name}')
    if suggest and unlisted:
        rows = ''.join(f'  {json.dumps(key, ensure_ascii=False)},\n' for key in unlisted)
        print(f'[[{check}]]\nreason = ""\nof = [\n{rows}]')
    print(f'{check}: {len(differences)} differences, {len(unlisted)} not listed, {len(stale)} listed in vain')
    sys.exit(1 if unlisted or stale else 0)
