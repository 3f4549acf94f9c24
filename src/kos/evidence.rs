//! Current Requested Procedure Evidence Sequence: every instance of the study by its series, and where it can be had
//! (PS3.3 C.17.2.1, MADO 6.X.2.13 and 6.X.2.14).

use std::io;

use dicom_dictionary_std::tags;

use super::{Each, Manifest, Part, each_instance, item, reference};
use crate::fhir::Series;
use crate::synth::{Attributes, DataSet};

/// Gives the sequence, of one study.
pub fn parts(manifest: &Manifest<'_>, each: Each<'_>) -> io::Result<()> {
    each(Part::Sequence(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE))?;
    each(Part::Item)?;
    each(Part::Sequence(tags::REFERENCED_SERIES_SEQUENCE))?;
    for series in manifest.series() {
        of_series(manifest, series, each)?;
    }
    each(Part::EndOfSequence)?;
    let study = DataSet::new().text(tags::STUDY_INSTANCE_UID, &manifest.twin.linked.study.uid);
    each(Part::Attributes(match &manifest.head.display_uri {
        Some(uri) => study.text(tags::DISPLAY_URI, uri),
        None => study,
    }))?;
    each(Part::EndOfItem)?;
    each(Part::EndOfSequence)
}

fn of_series(manifest: &Manifest<'_>, series: &Series<'_>, each: Each<'_>) -> io::Result<()> {
    each(Part::Item)?;
    if let Some(url) = &manifest.head.retrieve_url {
        each(Part::Attributes(DataSet::new().text(tags::RETRIEVE_URL, url)))?;
    }
    each(Part::Sequence(tags::REFERENCED_SOP_SEQUENCE))?;
    each_instance(series, &mut |instance| item(each, reference(instance)))?;
    each(Part::EndOfSequence)?;
    let place = DataSet::new()
        .text(tags::SERIES_INSTANCE_UID, &series.uid)
        .text(tags::RETRIEVE_LOCATION_UID, &manifest.head.retrieve_location);
    each(Part::Attributes(place))?;
    each(Part::EndOfItem)
}
