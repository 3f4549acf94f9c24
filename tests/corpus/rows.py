"""The rows of the mapping as coverage.py checks them: where the source is, and where the element is written.

Each row is written from the standard and the specification, not from the project's own table: the two can differ.
"""

from dataclasses import dataclass, field
from typing import Callable

from corpus import items, value


@dataclass(frozen=True)
class Row:
    element: str
    level: str  # study, series or instance
    source: Callable  # data set → whether the attribute has a value
    written: Callable  # resource, series or instance → whether the element is there
    releases: tuple = field(default=('r5',))


def any_of(*keywords):
    return lambda dataset: any(value(dataset, keyword) for keyword in keywords)


def names(*keywords):
    """Whether a name has more than delimiters."""
    return lambda dataset: any(value(dataset, keyword).strip('^=\\ ') for keyword in keywords)


def code(item):
    return any(value(item, k) for k in ('CodeValue', 'LongCodeValue', 'URNCodeValue', 'CodeMeaning'))


def codes(*keywords):
    return lambda dataset: any(code(item) for keyword in keywords for item in items(dataset, keyword))


def either(*sources):
    return lambda dataset: any(source(dataset) for source in sources)


def inside(sequences, source):
    return lambda dataset: any(source(item) for keyword in sequences for item in items(dataset, keyword))


def has(*path):
    """Whether something stands at the end of the path; a list on the way is searched."""

    def there(node, path=path):
        if isinstance(node, list):
            return any(there(part, path) for part in node)
        if not path:
            return True
        return isinstance(node, dict) and path[0] in node and there(node[path[0]], path[1:])

    return there


def identifier(of_type):
    return lambda study: any(
        i.get('type', {}).get('coding', [{}])[0].get('code') == of_type for i in study['identifier']
    )


def performer(function):
    def there(series):
        functions = [p['function']['coding'][0]['code'] for p in series.get('performer', []) if 'function' in p]
        return function in functions

    return there


def actor(*types):
    return lambda series: any(
        'function' not in p and p['actor'].get('type') in types for p in series.get('performer', [])
    )


def untyped_identifier(study):
    return any('type' not in i and i.get('system') != 'urn:dicom:uid' for i in study['identifier'])


ORDERS = ('RequestAttributesSequence', 'ReferencedRequestSequence')
NUMBERS = ('AccessionNumber', 'PlacerOrderNumberImagingServiceRequest', 'FillerOrderNumberImagingServiceRequest')
ANATOMY = inside(
    ('SharedFunctionalGroupsSequence',),
    inside(('FrameAnatomySequence',), codes('AnatomicRegionSequence')),
)
FRAME_SIDE = inside(
    ('SharedFunctionalGroupsSequence',),
    inside(('FrameAnatomySequence',), any_of('FrameLaterality')),
)
SIDE_CODES = inside(('AnatomicRegionSequence',), codes('AnatomicRegionModifierSequence'))
STEP = inside(('ReferencedPerformedProcedureStepSequence',), any_of('ReferencedSOPInstanceUID'))
REASON = either(any_of('ReasonForTheRequestedProcedure'), codes('ReasonForRequestedProcedureCodeSequence'))
PROCEDURE = either(
    codes('ProcedureCodeSequence'),
    any_of('RequestedProcedureDescription', 'PerformedProcedureStepDescription'),
    inside(('RequestAttributesSequence',), any_of('RequestedProcedureDescription')),
)
SPECIMEN = either(any_of('SpecimenIdentifier'), inside(('SpecimenDescriptionSequence',), any_of('SpecimenIdentifier')))

ROWS = [
    Row(
        'identifier ACSN',
        'study',
        either(any_of('AccessionNumber'), inside(ORDERS, any_of('AccessionNumber'))),
        identifier('ACSN'),
        ('r4', 'r5', 'r6-ballot2'),
    ),
    Row('identifier Study ID', 'study', any_of('StudyID'), untyped_identifier, ('r5',)),
    Row('modality', 'study', any_of('Modality'), has('modality')),
    Row('subject.identifier', 'study', any_of('PatientID'), has('subject', 'identifier')),
    Row('subject.display', 'study', names('PatientName'), has('subject', 'display')),
    Row('encounter', 'study', any_of('AdmissionID'), has('encounter')),
    Row('started', 'study', any_of('StudyDate'), has('started')),
    Row('basedOn', 'study', either(any_of('AccessionNumber'), inside(ORDERS, any_of(*NUMBERS))), has('basedOn')),
    Row('partOf', 'study', STEP, has('partOf'), ('r5', 'r6-ballot2')),
    Row(
        'referrer',
        'study',
        either(
            names('ReferringPhysicianName'),
            inside(('ReferringPhysicianIdentificationSequence',), codes('PersonIdentificationCodeSequence')),
        ),
        has('referrer'),
    ),
    Row(
        'interpreter',
        'study',
        either(
            names('NameOfPhysiciansReadingStudy'),
            inside(('PhysiciansReadingStudyIdentificationSequence',), codes('PersonIdentificationCodeSequence')),
        ),
        has('interpreter'),
        ('r4',),
    ),
    Row('procedure', 'study', PROCEDURE, has('procedure'), ('r5', 'r6-ballot5')),
    Row('procedureCode', 'study', PROCEDURE, has('procedureCode'), ('r4',)),
    Row('location', 'study', any_of('InstitutionalDepartmentName', 'PerformedLocation'), has('location')),
    Row('reason', 'study', either(REASON, inside(ORDERS, REASON)), has('reason')),
    Row(
        'reasonCode',
        'study',
        either(REASON, inside(ORDERS, REASON)),
        has('reasonCode'),
        ('r4',),
    ),
    Row('note', 'study', any_of('StudyComments'), has('note')),
    Row('description', 'study', any_of('StudyDescription'), has('description')),
    Row('series.number', 'series', any_of('SeriesNumber'), has('number')),
    Row(
        'series.modality',
        'series',
        any_of('Modality'),
        either(has('modality', 'coding', 'code'), has('modality', 'text')),
    ),
    Row('series.description', 'series', any_of('SeriesDescription'), has('description')),
    Row(
        'series.bodySite',
        'series',
        either(any_of('BodyPartExamined'), codes('AnatomicRegionSequence'), ANATOMY),
        has('bodySite'),
        ('r4', 'r5'),
    ),
    Row(
        'series.laterality',
        'series',
        either(any_of('Laterality', 'ImageLaterality'), FRAME_SIDE, SIDE_CODES),
        has('laterality'),
        ('r4', 'r5'),
    ),
    Row('series.specimen', 'series', SPECIMEN, has('specimen')),
    Row('series.started', 'series', any_of('SeriesDate'), has('started')),
    Row(
        'series.performer PRF',
        'series',
        either(
            names('PerformingPhysicianName'),
            inside(('PerformingPhysicianIdentificationSequence',), codes('PersonIdentificationCodeSequence')),
        ),
        performer('PRF'),
    ),
    Row(
        'series.performer SPRF',
        'series',
        either(
            names('OperatorsName'),
            inside(('OperatorIdentificationSequence',), codes('PersonIdentificationCodeSequence')),
        ),
        performer('SPRF'),
    ),
    Row(
        'series.performer device',
        'series',
        any_of('Manufacturer', 'ManufacturerModelName', 'DeviceSerialNumber', 'StationName'),
        actor('Device'),
    ),
    Row('series.performer organization', 'series', any_of('InstitutionName'), actor('Organization')),
    Row('instance.number', 'instance', any_of('InstanceNumber'), has('number')),
    Row('instance.sopClass', 'instance', any_of('SOPClassUID'), has('sopClass'), ('r4', 'r5', 'r6-ballot5')),
    Row(
        'instance.title',
        'instance',
        either(any_of('ImageType', 'DocumentTitle', 'ContentLabel'), codes('ConceptNameCodeSequence')),
        has('title'),
    ),
    Row('instance.numberOfFrames', 'instance', any_of('NumberOfFrames'), has('numberOfFrames'), ('r6-ballot5',)),
]
