//! Why a value is dropped or changed.

use serde::{Deserialize, Serialize};

/// What a study does not have and a profile cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error, Serialize, Deserialize)]
pub enum Lack {
    /// A Study Instance UID that can be an identifier.
    #[error("its Study Instance UID is no usable identifier")]
    StudyUid,
    /// One patient.
    #[error("its files are of several patients")]
    OnePatient,
    /// A patient.
    #[error("no patient is known, or the subject is a phantom")]
    Patient,
    /// Who gave the patient the number.
    #[error("the patient's number has no system: give --system patient=URI or --issuer NAME=URI")]
    PatientIssuer,
    /// A patient's number that DICOM can write as it is.
    #[error(
        "the patient's number is no value of DICOM: longer than 64 characters, or with a backslash or control character"
    )]
    PatientNumber,
    /// The patient's name and birth date.
    #[error("the patient's name or birth date is not known")]
    NameAndBirthDate,
    /// When the study started.
    #[error("it has no date")]
    Started,
    /// The time at which it started.
    #[error("the time at which it started, or its zone, is not known: give --timezone")]
    StartedTime,
    /// A modality that acquires images.
    #[error("none of its modalities acquires images")]
    Modality,
    /// A coded modality of each series.
    #[error("a series has no modality of PS3.16 CID 33")]
    SeriesModality,
    /// A region of the body.
    #[error("no region of the body is known")]
    Region,
    /// UIDs and SOP classes by which DICOM refers to instances.
    #[error("an instance has no SOP class, or a UID is none")]
    Uids,
    /// Instances to be listed.
    #[error("its instances are not listed")]
    Instances,
    /// Instances that are no manifests.
    #[error("it holds manifests alone")]
    OtherThanManifests,
    /// A status that the profile knows.
    #[error("its status is entered-in-error")]
    Status,
}

/// Why a value was not taken as it is. The text says what was expected.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    thiserror::Error,
    strum::IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// DA that is no date.
    #[error("not a date: want YYYYMMDD")]
    NotADate,
    /// TM that is no time, or an hour alone.
    #[error("not a full time: want HHMMSS, the time is left out")]
    NotATime,
    /// TM without seconds, which FHIR has no way to say.
    #[error("a time without seconds: written with :00")]
    NoSeconds,
    /// A fraction of a second with more digits than TM has.
    #[error("more than six digits of a second: the first six are kept")]
    FractionTooLong,
    /// A time without a zone.
    #[error("a time without a zone: give --timezone, or the time is left out")]
    NoZone,
    /// Timezone Offset From UTC that is none.
    #[error("not an offset from UTC: want -1200 to +1400")]
    NotAnOffset,
    /// A local time that the zone has twice or not at all.
    #[error("the zone has this local time twice or not at all: the time is left out")]
    NoSuchLocalTime,
    /// IS that is no number.
    #[error("not an integer")]
    NotAnInteger,
    /// IS below zero.
    #[error("negative: want 0 to 2147483647")]
    Negative,
    /// IS with a fraction.
    #[error("not a whole number")]
    Fractional,
    /// IS beyond FHIR's unsignedInt.
    #[error("too large: want 0 to 2147483647")]
    TooLarge,
    /// A UID that is no OID.
    #[error("not a valid UID: want digits and dots, no leading zeros")]
    NotAnOid,
    /// A Study Instance UID that no FHIR id can hold.
    #[error("not usable as an id: its UUID stands in for it")]
    NotAnId,
    /// A UID that no FHIR id can hold, of something that is referred to.
    #[error("not usable as an id: left out")]
    UnusableUid,
    /// A frame number that is none.
    #[error("not a frame number: want 1 to 2147483647")]
    NotAFrame,
    /// A rejection note that is not applied.
    #[error("a rejection note: what it rejects is listed all the same, but for --apply-rejections")]
    RejectionNote,
    /// A rejection note that is applied.
    #[error("a rejection note: it is left out, and what it rejects")]
    AppliedNote,
    /// An instance that a rejection note rejects, or the note itself.
    #[error("rejected: left out")]
    Rejected,
    /// The attribute is required and absent or empty.
    #[error("absent or empty")]
    Absent,
    /// Media Storage SOP Class UID stands in for an absent SOP Class UID.
    #[error("absent: Media Storage SOP Class UID stands in for it")]
    StandIn,
    /// Media Storage SOP Instance UID stands in for an absent SOP Instance UID.
    #[error("absent or empty: Media Storage SOP Instance UID stands in for it")]
    InstanceStandIn,
    /// A term that the standard does not define.
    #[error("not a defined term: kept as text")]
    UnknownTerm,
    /// A term that the standard does not define, where no text can stand for it.
    #[error("not a defined term: left out")]
    UnusableTerm,
    /// A code string in small letters.
    #[error("not in capitals: taken as if it were")]
    NotInCapitals,
    /// Several values in an attribute that has one (PS3.6).
    #[error(
        "several values where the standard has one: kept as one text, or once if it is a number and they are equal"
    )]
    SeveralValues,
    /// Several persons where the element has room for one.
    #[error("several persons where the standard has one: the first is taken")]
    SeveralPersons,
    /// Names and identifications whose numbers differ.
    #[error("not one identification for each name: each stands alone")]
    Unpaired,
    /// A coded entry without a usable coding scheme.
    #[error("the coding scheme is not known: give --system scheme:NAME=URI")]
    UnknownScheme,
    /// Nothing but the software of a device is known.
    #[error("only the software of the device is known: the device is left out")]
    NoDevice,
    /// A coded entry without a code.
    #[error("a coded entry without a code value")]
    NoCodeValue,
    /// Bytes that the character set does not have.
    #[error("undecodable bytes were replaced")]
    Undecodable,
    /// Bytes above 7F without a character set.
    #[error("no character set is declared: taken as UTF-8")]
    TakenAsUtf8,
    /// Bytes that were read as the user said.
    #[error("read in the character set that --charset gives")]
    TakenAsTold,
    /// A Specific Character Set that the standard does not define.
    #[error("the character set is not known")]
    UnknownCharacterSet,
    /// An escape sequence of a set that is known but not declared.
    #[error("an escape sequence selects a character set that is not declared: it is followed")]
    UndeclaredEscape,
    /// A declared set is used without its escape sequence.
    #[error("the escape sequence of the declared character set is missing: it is taken as there")]
    MissingEscape,
    /// A control character where none belongs.
    #[error("control characters were replaced")]
    ControlCharacter,
    /// The attribute stands twice in one data set.
    #[error("stands twice in its data set: the later value, or the items of both, are taken")]
    Repeated,
    /// A number, or its issuer, stands twice in one data set and differs, or has several values that differ.
    #[error("stands twice, or has several values, and they differ: the number identifies nothing")]
    RepeatedIdentity,
    /// A value over its cap.
    #[error("too long: left out")]
    TooLong,
    /// The file ends inside the header.
    #[error("the file ends here: what stood before it is kept")]
    Truncated,
    /// A Patient ID that is too long: the study's patient is unknown, or that of another image.
    #[error("the Patient ID is too long, and left out: whose is this?")]
    PatientIdTooLong,
    /// A sequence beyond the nesting cap.
    #[error("nested too deeply: the rest of the header is left out")]
    TooDeep,
    /// More values than the cap.
    #[error("too many values: the rest of the header is left out")]
    TooMany,
    /// No data element can be read here.
    #[error("not a data element: the rest of the header is left out")]
    Malformed,
    /// Two instances differ; the first in order decides.
    #[error("differs between instances: the first in order decides")]
    Differs,
    /// Two images differ where only agreement can be said.
    #[error("images disagree: left out")]
    Disagrees,
    /// Several patients in one study.
    #[error("several Patient IDs in one study")]
    SeveralPatients,
    /// Studies of several patients have one number of an order, visit, specimen or procedure step.
    #[error("studies of several patients have this number: what it names is not shared between them")]
    OtherPatient,
    /// Studies contradict each other in what they say of one Patient ID.
    #[error("an earlier study says otherwise of the same Patient ID")]
    PatientDiffers,
    /// The same Series Instance UID in another study.
    #[error("the same Series Instance UID stands in another study")]
    SeriesElsewhere,
    /// More items of a sequence than are taken.
    #[error("more than 1,000 items: only the first are kept")]
    TooManyItems,
    /// More than 16 different parts.
    #[error("more than 16 different sets of values: only the first in order are kept")]
    TooManyParts,
    /// A series whose start is a date, in a study whose start has a time.
    #[error("a date, and the study's start has a time: left out")]
    CoarserThanStudy,
    /// A series whose start has a time, in a study whose start is a date.
    #[error("a time, and the study's start is a date: the date is kept")]
    FinerThanStudy,
    /// The series started before the study.
    #[error("earlier than the study")]
    BeforeStudy,
    /// The same SOP Instance UID in another series or study.
    #[error("the same SOP Instance UID stands in another series or study")]
    Elsewhere,
    /// The same SOP Instance UID in the same series with other content: only the first in order is in the output.
    #[error("another file has the same SOP Instance UID in this series and other content: the first in order is kept")]
    OtherContent,
    /// A resource of this run has the same file name: this one is not in the output.
    #[error("another resource has this file name: left out")]
    NameTaken,
    /// The file of an earlier run has instances that the new document lacks: it was not replaced.
    #[error(
        "the file there has instances that this run did not find: it is held back; give --replace to write it all \
         the same"
    )]
    HeldBack,
    /// All files of a study that an index knows are gone.
    #[error("all of its files are gone: its document stays, unless --gone says otherwise")]
    FilesGone,
    /// The same, and `--gone delete` keeps the document, as somebody changed it.
    #[error("all of its files are gone, but its document is not as it was written: it stays; delete it by hand")]
    GoneButChanged,
    /// The same, of more studies than `--max-gone`.
    #[error(
        "all of its files are gone, and those of more studies than --max-gone: its document stays; give a larger \
         --max-gone if they are really gone"
    )]
    TooManyGone,
    /// The file of an earlier run says more of a companion, or something else: it was not replaced.
    #[error(
        "the file there says more of it than this run, or something else: it is held back; give --replace to write it \
         all the same"
    )]
    FileSaysMore,
    /// Two studies say different things of one shared resource.
    #[error("studies differ in what they say of it: the first in order of Study Instance UID is kept")]
    Contradicts,
    /// A study larger than `--max-instances`.
    #[error("more instances than --max-instances: the instances are not listed")]
    ManyInstances,
    /// A study that lacks what the profile demands: it is written without the profile.
    #[error("not as the profile demands, and written without it: {0}")]
    NotConforming(Lack),
    /// A study that lacks what a manifest of DICOM demands: there is none of it.
    #[error("no manifest is written: {0}")]
    NoManifest(Lack),
    /// A manifest whose orders have no accession or placer number, or one without a system.
    #[error("a manifest wants accession and placer number, each with a system: what is not known is left empty")]
    OrderNumbers,
    /// A value for which the profile has no place.
    #[error("the profile has no place for it: left out")]
    NoPlace,
    /// An order without an accession number that has a system.
    #[error("the profile wants an accession number with a system: give --system accession=URI or --issuer NAME=URI")]
    OrderWithoutSystem,
    /// More orders than the profile refers to.
    #[error("the profile refers to one order, the first accession number: the others are not referred to")]
    SeveralOrders,
    /// The procedure has no name that can be shown.
    #[error("no procedure is named: the study's description stands in for it")]
    ProcedureFromDescription,
    /// Neither the procedure nor the study has one.
    #[error("neither procedure nor study has a name: the modalities stand in for it")]
    ProcedureFromModality,
    /// A performer beyond the one that the profile has room for.
    #[error("the profile has one performer in each function: this one stands without a function")]
    NoFunction,
    /// A manifest among the instances of a manifest.
    #[error("a manifest: a manifest lists no manifest")]
    Manifest,
    /// An identifier whose issuer cannot be written as a system.
    #[error("the issuer is no usable system: kept as the assigner's name")]
    UnusableIssuer,
    /// A person or institution identified by a code of a terminology, which others have too.
    #[error("a code of a terminology identifies nobody: kept without its system")]
    TermAsIdentity,
    /// A person name that is not as PS3.5 6.2 has it.
    #[error("not a person name: want at most five components and three groups")]
    NotAPersonName,
}

impl Reason {
    /// The word by which programs know it, as `not-a-date`: the name of the variant, which does not change.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Whether the value is no patient data, and so is always told: the name of a coding scheme.
    pub fn tells_value(self) -> bool {
        self == Reason::UnknownScheme
    }

    /// The reason in words, with the value if it is shown.
    pub fn in_words(self, value: Option<&str>) -> String {
        match value.map(str::trim).filter(|value| self.tells_value() && !value.is_empty()) {
            Some(name) => self.to_string().replace("scheme is", &format!("scheme {name} is")).replace("NAME", name),
            None => self.to_string(),
        }
    }

    /// Whether something is missing from the output because of it, a study may mix patients or is not as the profile
    /// demands: exit code 1.
    pub fn is_loss(self) -> bool {
        use Reason::{
            FileSaysMore, HeldBack, NameTaken, NoManifest, NotConforming, OtherContent, OtherPatient, PatientIdTooLong,
            RepeatedIdentity, SeveralPatients, TooManyGone,
        };
        let is_missing = matches!(self, OtherContent | NameTaken | HeldBack | FileSaysMore | TooManyGone);
        let is_in_doubt = matches!(self, SeveralPatients | OtherPatient | PatientIdTooLong | RepeatedIdentity);
        is_missing || is_in_doubt || matches!(self, NotConforming(_) | NoManifest(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_name_of_the_reason() {
        assert_eq!(Reason::NotADate.code(), "not-a-date");
        assert_eq!(Reason::TakenAsUtf8.code(), "taken-as-utf8");
        assert_eq!(Reason::NotConforming(Lack::Patient).code(), "not-conforming");
    }
}
