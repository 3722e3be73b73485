//! Pointing a source elsewhere for one run.

use super::pattern::{PathPattern, PatternError};
use super::problem::{near, shortened};
use super::{Manifest, SourceKind};
use crate::debian::suite::Codename;

/// Why a source can't be pointed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// There is no such source.
    #[error("the manifest has no source `{name}`")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The sources that could be meant.
        known: Vec<String>,
    },
    /// The source has its packages from somewhere else than local files.
    #[error("source `{name}` has no `path`")]
    NotPath {
        /// Its name.
        name: String,
    },
    /// The pattern is none.
    #[error("source `{name}`: {reason}")]
    Pattern {
        /// The source.
        name: String,
        /// What is wrong with it.
        reason: PatternError,
    },
    /// The pattern has `{release}`, and a target has no release.
    #[error("source `{name}`: distribution.{codename} has no `release` to put in the path")]
    NoRelease {
        /// The source.
        name: String,
        /// The distribution.
        codename: String,
    },
}

impl InputError {
    /// Returns what to do instead.
    pub fn help(&self) -> String {
        match self {
            Self::Unknown { name, known } => match near(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "it has none with a `path`".to_owned(),
                None => format!("it has {}", shortened(known.iter().map(String::as_str))),
            },
            Self::NotPath { .. } => "--input is for sources that are local files".to_owned(),
            Self::Pattern { reason, .. } => reason.help(),
            Self::NoRelease { codename, .. } => {
                format!("set `release` in distribution.{codename}, or write it out")
            }
        }
    }
}

impl Manifest {
    /// Has a source that is local files look for them by another pattern.
    ///
    /// The pattern is held to what `path` of a source is held to.
    ///
    /// # Errors
    ///
    /// When there is no such source, or the pattern is no good.
    pub fn point(&mut self, name: &str, pattern: &str) -> Result<(), InputError> {
        let owned = || name.to_owned();
        let Some(source) = self.sources.get_mut(name) else {
            let known = self.sources.values().filter(|source| source.pattern().is_some());
            let known = known.map(|source| source.name.clone()).collect();
            return Err(InputError::Unknown { name: owned(), known });
        };
        let SourceKind::Path(place) = &mut source.kind else {
            return Err(InputError::NotPath { name: owned() });
        };
        let parsed = PathPattern::parse(pattern);
        let parsed = parsed.map_err(|reason| InputError::Pattern { name: owned(), reason })?;
        let mut targets = source.targets.iter().map(|target| &target.codename);
        let lacks = |codename: &&Codename| {
            self.distributions.get(*codename).is_none_or(|d| d.release.is_none())
        };
        if let Some(codename) = targets.find(|codename| parsed.uses_release() && lacks(codename)) {
            return Err(InputError::NoRelease { name: owned(), codename: codename.to_string() });
        }
        *place = parsed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::parse;

    const MANIFEST: &str = r#"
        format = 1
        repository = { name = "acme" }
        store = { url = "file://repo" }
        signing = { keys = [] }
        distribution.bookworm = { components = ["main"], architectures = ["amd64"] }
        source.build = { path = "k/*.deb", to = "*/main" }
        source.services = { push = true, to = "*/main", packages = ["acme-*"] }
    "#;

    #[test]
    fn a_source_is_pointed_to_another_place() {
        let mut manifest = parse(MANIFEST).unwrap().manifest;
        manifest.point("build", "out/{distribution}/*.deb").unwrap();
        let pattern = manifest.sources["build"].pattern().unwrap();
        assert_eq!(pattern.to_string(), "out/{distribution}/*.deb");
    }

    #[test]
    fn what_a_manifest_could_not_say_is_refused() {
        let cases = [
            ("biuld", "x/*.deb", "the manifest has no source `biuld`", "did you mean `build`?"),
            ("zebra", "x/*.deb", "the manifest has no source `zebra`", "it has `build`"),
            ("services", "x/*.deb", "source `services` has no `path`", "local files"),
            ("build", "x/{dist}/*.deb", "`dist` is not a placeholder", "{distribution}"),
            (
                "build",
                "x/{release}/*.deb",
                "distribution.bookworm has no `release`",
                "set `release`",
            ),
            ("build", "s3://x/*.deb", "not for URLs", "relative to the manifest"),
        ];
        for (name, pattern, message, help) in cases {
            let error = parse(MANIFEST).unwrap().manifest.point(name, pattern).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.help().contains(help), "{:?}", error.help());
        }
    }
}
