//! The flags that say how sources are treated.

use clap::Args;

use crate::cli::Global;
use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::plan::offer::Offers;
use crate::source::path::Demand;

/// How sources are treated.
#[derive(Debug, Clone, Args)]
pub struct SourceArguments {
    /// Fail if the directory of a source is not there
    #[arg(long)]
    require_sources: bool,
    /// Look for the files of a source by this pattern in this run, instead of its `path`
    ///
    /// It is held to the rules of `path`, and is relative to the manifest. The files have to be
    /// there. May be repeated, for other sources.
    #[arg(long = "input", value_name = "NAME=GLOB", value_parser = input)]
    inputs: Vec<(String, String)>,
}

fn input(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, glob)) if !name.is_empty() && !glob.is_empty() => {
            Ok((name.to_owned(), glob.to_owned()))
        }
        _ => Err("it is not NAME=GLOB, such as widget=build/*.deb".to_owned()),
    }
}

impl SourceArguments {
    /// Points sources to where these files are.
    ///
    /// # Errors
    ///
    /// When the manifest has no such sources, or could not have these patterns.
    pub fn point(&self, project: &mut Project, global: &Global) -> Result<(), Failure> {
        for (name, glob) in &self.inputs {
            if project.inputs.insert(name.clone(), glob.clone()).is_some() {
                return Err(Failure::input_twice(name));
            }
            project.manifest.point(name, glob).map_err(|error| Failure::input(&error))?;
        }
        project.stay_inside(global)
    }

    /// Makes sure that the files are there that this run was pointed to.
    ///
    /// # Errors
    ///
    /// When the directory of one of the sources is missing.
    pub fn are_there(&self, offers: &Offers) -> Result<(), Failure> {
        let absent = |(name, _): &(String, String)| {
            let place = offers.sources.get(name)?.absent.values().next()?;
            Some(Failure::input_absent(name, place))
        };
        self.inputs.iter().find_map(absent).map_or(Ok(()), Err)
    }

    /// Returns whether sources that are not there are errors.
    pub fn demand(&self) -> Demand {
        if self.require_sources { Demand::Required } else { Demand::Optional }
    }
}
