"""Turns the instances of the corpus into DICOM JSON by pydicom and compares what dcm2fhir makes of either.

    python3 tests/corpus/dicom_json.py ../shared/corpus

Every document has to be the same, byte by byte, as that of the JSON written as a file in UTF-8 again: what pydicom
makes of damaged text is its own. Of several files with one SOP Instance UID the first is taken.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

sys.path.insert(0, str(Path(__file__).parent))
import corpus  # noqa: E402

BINARY = Path(os.environ.get('CARGO_TARGET_DIR', corpus.ROOT / 'target')) / 'debug/dcm2fhir'
OPTIONS = ['--fhir', 'r5', '--references', 'contained', '--summary', 'none']
SHORT = 1024


def text_of(path):
    """The DICOM JSON of a file, without what no header has; None where pydicom cannot write it."""
    try:
        dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        if 'StudyInstanceUID' not in dataset or 'SOPClassUID' not in dataset:
            return None
        return dataset.to_json(bulk_data_threshold=SHORT, bulk_data_element_handler=lambda _: 'bulk')
    except Exception:  # noqa: BLE001: whatever it is, there is no JSON
        return None


def documents(*inputs):
    """The documents of inputs by id."""
    run = subprocess.run([BINARY, 'convert', *inputs, *OPTIONS], capture_output=True, text=True, check=False)
    if run.returncode > 1:
        raise SystemExit(run.stderr)
    return {json.loads(line)['id']: line for line in run.stdout.splitlines()}


def as_file(text, path):
    """The same instance as a file in UTF-8."""
    dataset = Dataset.from_json(text, bulk_data_uri_handler=lambda *_: None)
    dataset.SpecificCharacterSet = 'ISO_IR 192'
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    pydicom.dcmwrite(path, dataset, enforce_file_format=False)


def main():
    found = [path for path in sorted(Path(sys.argv[1]).rglob('*')) if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name in ('files', 'json', 'again'):
            (folder / name).mkdir()
        count, seen = 0, set()
        for path in found:
            text = text_of(path)
            uid = text and json.loads(text).get('00080018', {}).get('Value', [''])[0]
            if not uid or uid in seen:
                continue
            try:
                as_file(text, folder / 'again' / f'{count}.dcm')
            except Exception:  # noqa: BLE001
                continue
            seen.add(uid)
            (folder / 'files' / f'{count}.dcm').symlink_to(path.resolve())
            (folder / 'json' / f'{count}.json').write_text(text)
            count += 1
        files, texts = documents(folder / 'files', '--follow'), documents(folder / 'json')
        again = documents(folder / 'again')
    same = [study for study in again if texts.get(study) == again[study]]
    differing = sorted(set(again) - set(same))
    as_the_file = sum(texts.get(study) == document for study, document in files.items())
    print(f'{count} instances: {as_the_file} of {len(files)} documents as from the files, '
          f'{len(same)} of {len(again)} as from what pydicom makes of the JSON')
    for study in differing:
        print(f'{study}\n  file {again[study]}\n  json {texts.get(study)}')
    return 1 if differing or not same else 0


if __name__ == '__main__':
    sys.exit(main())
