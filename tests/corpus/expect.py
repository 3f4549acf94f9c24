#!/usr/bin/env python3
"""Checks that the hand-made files of the corpus behave as their expect.json says.

`valid` and `headerless` files are in the output; `broken` ones are in the output or named in the report; `not_dicom`
ones are in no output. The differences that are right stand in differences.toml under [[expect]].
"""

import json

import corpus


def main():
    options = corpus.arguments(__doc__)
    folder = options.corpus / 'made'
    expected = json.loads((folder / 'expect.json').read_text(encoding='utf-8'))
    found = corpus.convert(options.binary, folder, 'r5')
    named = corpus.skipped(found.report, folder)
    keys = found.keys()
    differences = [
        difference
        for path, entry in sorted(expected.items())
        if (difference := differing(path, entry['what'], key(folder / path), keys, named))
    ]
    print(f'{len(expected)} files')
    corpus.finish('differences.toml', 'expect', differences, options.suggest)


def key(path):
    dataset = corpus.read(path)
    if dataset is None:
        return None
    return tuple(corpus.uid(dataset, k) for k in ('StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'))


def differing(path, what, key, keys, named):
    converted = key in keys
    if what in ('valid', 'headerless') and not converted:
        return f'{what}, not converted: {path}'
    if what == 'broken' and not converted and path not in named:
        return f'broken, neither converted nor reported: {path}'
    if what == 'not_dicom' and converted:
        return f'not DICOM, converted: {path}'
    return None


if __name__ == '__main__':
    main()
