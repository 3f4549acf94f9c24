//! The archive of a history as DICOM files, and uploads of it, with an index or without.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dcm2fhir::Format;
use dcm2fhir::internals::error::Error;
use dcm2fhir::internals::options::index::MaxGone;
use dcm2fhir::internals::pipeline::{Config, Upload, deliver};
use dcm2fhir::internals::progress::{Progress, Silent};
use dcm2fhir::internals::upload::{Counts, Server};
use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::{tags, uids};

use crate::history::{From, How};
use crate::session::Session;
use crate::world::uid;

/// A folder with a folder for each study, and an index beside it.
pub struct Files {
    folder: PathBuf,
    /// The instances and the version of each study, as they were written last.
    written: BTreeMap<usize, (usize, usize)>,
    /// Each file that is written has a later time than those before.
    writes: u64,
}

impl Files {
    pub fn below(folder: &Path) -> Files {
        Files { folder: folder.to_path_buf(), written: BTreeMap::new(), writes: 0 }
    }

    /// Writes what is new or different, and removes what is gone.
    pub fn write(&mut self, archive: &BTreeMap<usize, (usize, usize)>) {
        fs::create_dir_all(self.folder.join("archive")).unwrap();
        for (study, state) in archive {
            if self.written.insert(*study, *state) != Some(*state) {
                self.write_study(*study, *state);
            }
        }
    }

    fn write_study(&mut self, study: usize, (instances, version): (usize, usize)) {
        let folder = self.folder.join("archive").join(study.to_string());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        for instance in 1..=instances {
            let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "any", 1, 1)
                .text(tags::STUDY_INSTANCE_UID, format!("1.2.{study}"))
                .text(tags::SERIES_INSTANCE_UID, format!("1.2.{study}.1"))
                .text(tags::SOP_INSTANCE_UID, uid(study, instance))
                .text(tags::INSTANCE_NUMBER, instance.to_string())
                .text(tags::STUDY_DESCRIPTION, format!("version {version}"))
                .text(tags::PATIENT_ID, (study % 3).to_string());
            let path = folder.join(format!("{instance}.dcm"));
            fs::write(&path, image.bytes()).unwrap();
            self.writes += 1;
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + self.writes);
            fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
        }
    }

    /// Uploads the folder as the command does.
    pub fn upload(&self, how: How, session: &Session) -> Result<Counts, Error> {
        let server = session.open()?;
        let job = self.config(how, &server).job()?;
        let mut upload = Upload { job, stdin: false, options: session.options.clone() };
        upload.options.sending.requests = 1;
        let progress: Arc<dyn Progress> = Arc::new(Silent);
        deliver(&upload, &server, &session.interrupt, &progress)?.sent?;
        Ok(server.counts())
    }

    fn config(&self, how: How, server: &Server) -> Config {
        let mut config = Config::default();
        config.input.inputs.push(self.folder.join("archive"));
        config.output.format = Some(Format::Bundle);
        config.output.bundle.conditional = how.conditional;
        config.content.fhir = Some(server.release());
        config.content.archive.system.push("patient=urn:test".parse().unwrap());
        config.run.threads = Some(1);
        if how.from == From::Index {
            config.index.index = Some(self.folder.join("index"));
            config.index.max_gone = MaxGone::Percent(100);
        }
        config
    }
}
