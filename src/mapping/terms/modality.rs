//! Values of Modality (0008,0060) as codes of the DICOM Controlled Terminology.

use std::sync::LazyLock;

use super::table;

static MODALITIES: LazyLock<Vec<Modality>> = LazyLock::new(|| {
    table::rows(include_str!("data/modality.tsv"))
        .map(|[code, display, state, group]| Modality {
            code,
            display,
            retired: state == "retired",
            acquisition: group != "-",
        })
        .collect()
});

/// A modality that the DICOM Controlled Terminology has a code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modality {
    /// The code, equal to the value of Modality (0008,0060).
    pub code: &'static str,
    /// The code meaning of PS3.16 Annex D.
    pub display: &'static str,
    /// Whether PS3.3 C.7.3.1.1.1 has retired it as a value of Modality; old files still carry it.
    pub retired: bool,
    /// Whether it acquires: PS3.16 CID 29, which includes the waveforms of CID 34.
    pub acquisition: bool,
}

/// The modality with this code, if it is a code of system [`DCM`](super::system::DCM).
pub fn modality(code: &str) -> Option<&'static Modality> {
    table::find(&MODALITIES, code, |modality| modality.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_wants_cid_33_takes_no_retired_modality_nor_annotations() {
        let outside = MODALITIES.iter().filter(|modality| modality.retired || modality.code == "ANN");
        let codes: Vec<&str> = outside.map(|modality| modality.code).collect();
        assert_eq!(codes, crate::fhir::profile::OUTSIDE_CID_33);
    }

    #[test]
    fn a_modality_has_the_display_of_the_dicom_terminology() {
        for (code, display, retired, acquisition) in [
            ("ANN", "Annotation", false, false),
            ("CT", "Computed Tomography", false, true),
            ("ECG", "Electrocardiography", false, true),
            ("KO", "Key Object Selection", false, false),
            ("MR", "Magnetic Resonance", false, true),
            ("OT", "Other Modality", false, false),
            ("ST", "Single-photon emission computed tomography", true, false),
            ("XC", "External-camera Photography", false, true),
        ] {
            assert_eq!(modality(code), Some(&Modality { code, display, retired, acquisition }), "{code}");
        }
    }

    #[test]
    fn waveforms_acquire_and_documents_and_presentations_do_not() {
        let acquire = |code: &&str| modality(code).unwrap().acquisition;
        let waveforms = ["ECG", "EEG", "EMG", "EOG", "EPS", "HD", "POS", "RESP"];
        let others = ["AU", "DOC", "FID", "HC", "KO", "OT", "PLAN", "PR", "REG", "RTDOSE", "RTPLAN", "SEG", "SR"];
        assert!(waveforms.iter().all(acquire) && !others.iter().any(acquire));
        assert_eq!(MODALITIES.iter().filter(|modality| modality.acquisition).count(), 51 + OPR);
    }

    /// Ophthalmic Refraction was in CID 29 when R4 was made.
    const OPR: usize = 1;

    #[test]
    fn what_the_terminology_has_no_code_for_is_no_modality() {
        for code in ["", "ct", "CT ", "RTINTENT", "XAPROTOCOL", "SC", "ZZ"] {
            assert_eq!(modality(code), None, "{code}");
        }
    }
}
