#!/usr/bin/env python3
"""Has HL7's own validation engine look at what each profile writes, with the definitions of the guides: 0 errors.

profiles.py has HAPI look at the same, in R4 alone. This engine knows the extensions by the guides' definitions, follows
references from file to file, and has DICOM's context groups, to which some guides bind codes. HL7 Europe's text is the
same for R4 and R5, so its definitions for R5 are made from those for R4. Exit code 3 says that the engine's definitions
cannot be fetched.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus
import hl7val
import profiles

R5_PROFILES = {'eu-imaging': ['--fhir=r5']}
# The value set is all of BCP 13, which only a terminology server has: this is what is written.
BCP_13 = {'url': 'urn:ietf:bcp:13', 'name': 'BCP13', 'version': '2099', 'status': 'active', 'caseSensitive': True}
MIME_TYPES = {'url': 'http://hl7.org/fhir/ValueSet/mimetypes', 'name': 'MimeType', 'version': '4.0.1', 'status': 'active'}
HTML = [{'code': 'text/html', 'display': 'text/html'}]
TERMINOLOGY = [
    {'resourceType': 'CodeSystem', 'id': 'x-bcp13', **BCP_13, 'content': 'complete', 'concept': HTML},
    {
        'resourceType': 'ValueSet',
        'id': 'mimetypes',
        **MIME_TYPES,
        'compose': {'include': [{'system': 'urn:ietf:bcp:13', 'concept': [{'code': 'text/html'}]}]},
    },
]
# What R5 has as elements and R4 as extensions, and what is called otherwise there and not constrained.
R4_ALONE = re.compile(r'(Device|ServiceRequest)\.extension|ServiceRequest\.supportingInfo|Device\.(deviceName|version)$')
IMAGING_EQUIPMENT = {'coding': [{'system': 'http://snomed.info/sct', 'code': '314789007'}]}
R5_CATEGORY = [
    {
        'id': 'Device.category',
        'path': 'Device.category',
        'slicing': {'discriminator': [{'type': 'value', 'path': '$this'}], 'rules': 'open'},
        'min': 1,
    },
    {
        'id': 'Device.category:imaging',
        'path': 'Device.category',
        'sliceName': 'imaging',
        'min': 1,
        'max': '1',
        'patternCodeableConcept': IMAGING_EQUIPMENT,
    },
]
# Of HL7 Europe Base what the studies can show: the minima of the core profiles.
R5_BASE = ('patient', 'organization', 'practitioner', 'practitionerRole')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpus', type=Path)
    parser.add_argument('validator', type=Path, help='hl7val.sh')
    parser.add_argument('guides', type=Path, help='the folder with the definitions of the guides')
    options = parser.parse_args()
    binary = os.environ.get('DCM2FHIR') or corpus.binary()
    home = Path(os.environ.get('HL7VAL_HOME') or hl7val.default_home())
    os.environ['HL7VAL_HOME'] = str(home)
    if not hl7val.fetched(options.validator):
        print(f'the definitions cannot be fetched into {home}')
        sys.exit(3)
    errors = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        archive = folder / 'synth'
        subprocess.run([binary, 'synth', '-o', archive, '--studies', '30', '--quiet'], check=True)
        inputs = [profiles.TESTDATA, archive, options.corpus]
        for release, name, more in runs():
            out, definitions = folder / f'{name}-{release}', options.guides / profiles.PROFILES[name][0]
            profiles.convert(binary, name, out, inputs, more)
            os.environ['HL7VAL_HOME'] = str(with_guide(home, folder / f'home-{name}-{release}', definitions, release))
            text = hl7val.validated(options.validator, release, 'counts', out)
            print(f'{name} ({profiles.claimed(out)} studies conform)', text.splitlines()[-1], flush=True)
            for count, level, *kind in hl7val.kinds(text):
                if level in ('ERROR', 'FATAL'):
                    errors += count
                    print(level, count, *kind, sep='\t')
    print(f'{errors} errors')
    sys.exit(1 if errors else 0)


def runs():
    for name in profiles.PROFILES:
        yield 'r4', name, []
    for name, more in R5_PROFILES.items():
        yield 'r5', name, more


def with_guide(home, own, definitions, release):
    """A folder like the engine's own, with the definitions of a guide beside those of DICOM."""
    (own / 'defs').mkdir(parents=True)
    for path in [*home.iterdir(), *(home / 'defs').iterdir()]:
        if path.name not in ('defs', 'dicom'):
            (own / path.relative_to(home)).symlink_to(path)
    place = own / 'defs' / 'dicom'
    shutil.copytree(home / 'defs' / 'dicom', place)
    all_of_it = guide(definitions) if release == 'r4' else filter(None, map(in_r5, guide(definitions)))
    for number, definition in enumerate([*all_of_it, *TERMINOLOGY]):
        (place / f'guide-{number}.json').write_text(json.dumps(definition), encoding='utf-8')
    return own


def guide(definitions):
    for path in sorted(definitions.rglob('*.json')):
        yield json.loads(path.read_text(encoding='utf-8'))


def in_r5(definition):
    """A definition of HL7 Europe for R4 as that for R5: other addresses, and what R5 has elements for."""
    if definition['url'].startswith('http://hl7.org/'):
        return None
    text = json.dumps(definition)
    for name in ('imaging', 'base'):
        text = text.replace(f'http://hl7.eu/fhir/{name}/', f'http://hl7.eu/fhir/{name}-r5/')
    definition = json.loads(text)
    if definition['resourceType'] != 'StructureDefinition':
        return definition
    if '/base-r5/' in definition['url']:
        if definition['id'] not in (f'{name}-eu-core' for name in R5_BASE):
            return None
        definition['baseDefinition'] = f'http://hl7.org/fhir/StructureDefinition/{definition["type"]}'
    definition.pop('snapshot', None)
    definition['fhirVersion'] = '5.0.0'
    elements = [element for element in definition['differential']['element'] if not R4_ALONE.match(element['path'])]
    if definition['id'] == 'DeviceEuImaging':
        at = next(place for place, element in enumerate(elements) if element['path'] == 'Device.type')
        elements[at:at] = R5_CATEGORY
    definition['differential']['element'] = elements
    return definition


if __name__ == '__main__':
    main()
