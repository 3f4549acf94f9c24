"""What 6.0.0-ballot2 has otherwise than R5, and the validator's definitions of it do not know: docs/releases.md says
from where. Its ImagingSelection names the class of a selected instance by an oid, as its ImagingStudy does.
"""

import json

PROFILE = 'defs/home/.fhir/packages/hl7.fhir.r6.core#6.0.0-ballot2/package/StructureDefinition-ImagingSelection.json'
ELEMENT = 'ImagingSelection.instance.sopClass'


def mend(home):
    """Corrects the definitions in this folder, once."""
    path = home / PROFILE
    profile = json.loads(path.read_text(encoding='utf-8'))
    for part in ('snapshot', 'differential'):
        for element in profile[part]['element']:
            if element['path'] == ELEMENT:
                element['type'] = [{'code': 'oid'}]
                element.pop('binding', None)
    path.write_text(json.dumps(profile, ensure_ascii=False), encoding='utf-8')
