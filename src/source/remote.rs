//! Inputs that are not on this machine: which they are, and what the user says of them.

use std::path::Path;

use super::Input;
#[cfg(feature = "http")]
use super::dicomweb::WebOptions;
use crate::error::Error;

/// What is said of inputs that are far away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
pub struct RemoteOptions {
    /// Requests to a server at the same time
    ///
    /// Of dicomweb+https:// inputs. Default: 4.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "N", value_parser = crate::options::parse::whole::<u16>(1..=1024), hide_short_help = true)
    )]
    pub requests: Option<u16>,

    /// Of a PACS.
    #[cfg(feature = "http")]
    #[cfg_attr(feature = "cli", command(flatten))]
    pub web: WebOptions,
}

impl RemoteOptions {
    /// The input that a path is, where it is none of this machine.
    pub fn input(&self, path: &Path) -> Result<Option<Input>, Error> {
        let Some(text) = path.to_str().filter(|text| text.contains("://")) else { return Ok(None) };
        #[cfg(feature = "http")]
        if let Some(web) = self.web.input(text, self.requests)? {
            return Ok(Some(Input::DicomWeb(Box::new(web))));
        }
        if cfg!(not(feature = "http")) && text.starts_with("dicomweb+") {
            return Err(Error::Usage("this program was built without DICOMweb: build it with --features http".into()));
        }
        Ok(None)
    }

    /// Whether what was said is of use for these inputs.
    pub fn check(&self, inputs: &[Input]) -> Result<(), Error> {
        #[cfg(feature = "http")]
        if self.web.is_for_web() && !inputs.iter().any(|input| matches!(input, Input::DicomWeb(_))) {
            return Err(Error::Usage("--query and --study are for an input as dicomweb+https://pacs/dicom-web".into()));
        }
        let _ = inputs;
        Ok(())
    }
}
