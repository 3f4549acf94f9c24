#!/usr/bin/env python3
"""Checks that nothing valid is left out: for each row of the mapping, over the corpus, the studies, series or instances
whose source attribute pydicom finds a value in, and those where the element is written.

Prints a table. A source without its element, and an element without its source, is a difference; those that are right
stand in coverage.toml, under the name of the check [[coverage]], with the reason.
"""

import collections

import corpus
from rows import ROWS

RELEASES = sorted({release for row in ROWS for release in row.releases})


def main():
    options = corpus.arguments(__doc__)
    files = list(corpus.files(options.corpus))
    conversions = {release: corpus.convert(options.binary, options.corpus, release) for release in RELEASES}
    differences = {}
    print(f'{"element":32} {"release":11} {"source":>6} {"written":>7} {"missing":>7} {"extra":>6}')
    for row in ROWS:
        for release in row.releases:
            there = places(row, conversions[release])
            source = {of for of, file in sources(row, files) if of in there}
            written = {of for of, node in there.items() if row.written(node)}
            missing, extra = source - written, written - source
            print(f'{row.element:32} {release:11} {len(source):6} {len(written):7} {len(missing):7} {len(extra):6}')
            for kind, some in (('missing', missing), ('extra', extra)):
                for of in some:
                    differences.setdefault(f'{row.element} {kind}: {"/".join(of)}', []).append(release)
    reasons = reported(conversions['r5'], files, options.corpus)
    corpus.finish(
        'coverage.toml',
        'coverage',
        dict(sorted(differences.items())),
        options.suggest,
        lambda key: f'{key} ({", ".join(differences[key])}); the report says: {said(key, reasons)}',
    )


def sources(row, files):
    for file in files:
        if row.source(file.dataset):
            yield of(row.level, file.key), file


def of(level, key):
    return key[: {'study': 1, 'series': 2, 'instance': 3}[level]]


def places(row, conversion):
    """Every study, series or instance that was written: {UIDs: its part of the resource}."""
    found = {}
    for study, resource in conversion.studies.items():
        found[study,] = resource
        for series in resource.get('series', []):
            found[study, series['uid']] = series
            for instance in series.get('instance', []):
                found[study, series['uid'], instance['uid']] = instance
    depth = {'study': 1, 'series': 2, 'instance': 3}[row.level]
    return {key: node for key, node in found.items() if len(key) == depth}


def reported(conversion, files, folder):
    """What the report says about an element in the files of a study: {(study UID, element): {reasons}}."""
    study = {file.path: file.study for file in files}
    reasons = collections.defaultdict(set)
    for entry in conversion.report['issues']:
        of = entry.get('study') or study.get(corpus.relative(entry.get('path', ''), folder))
        reasons[of, entry['element']].add(entry['reason'])
    return reasons


def said(key, reasons):
    element, uids = key.rsplit(': ', 1)
    name = element.split(' ')[0].replace('instance.', 'series.instance.')
    return '; '.join(sorted(reasons.get((uids.split('/')[0], name), set()))) or 'nothing'


if __name__ == '__main__':
    main()
