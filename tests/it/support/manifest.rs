//! The text of manifests.

use super::TestKey;

/// A manifest in parts, so that a story writes only the part that it is about.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// What follows the name in `[repository]`.
    pub repository: String,
    /// What stands in `[store]`.
    pub store: String,
    /// What stands in `[signing]` and below.
    pub signing: String,
    /// The distributions.
    pub distributions: String,
    /// The sources.
    pub sources: String,
}

impl Default for Manifest {
    /// A repository in the directory `repo`, signed with the shared test key, of all packages in
    /// the directory `dist`.
    fn default() -> Self {
        Self {
            repository: "origin = \"Acme\"".to_owned(),
            store: "url = \"file://repo\"".to_owned(),
            signing: signed_by(&[("test", TestKey::shared(), "env:TEST_SIGNING_KEY")]),
            distributions: "[distribution.bookworm]\n\
                            suite = \"stable\"\n\
                            components = [\"main\"]\n\
                            architectures = [\"amd64\", \"arm64\"]"
                .to_owned(),
            sources: "[source.build]\npath = \"dist/*.deb\"\nto = \"bookworm/main\"".to_owned(),
        }
    }
}

impl Manifest {
    /// Returns the whole text.
    pub fn to_text(&self) -> String {
        let Self { repository, store, signing, distributions, sources } = self;
        format!(
            "format = 1\n\n[repository]\nname = \"acme-apt\"\n{repository}\n\n[store]\n{store}\n\n\
             [signing]\n{signing}\n\n{distributions}\n\n{sources}\n"
        )
    }
}

/// Returns a `[signing]` section of keys, each with its name and where its secret is found.
pub fn signed_by(keys: &[(&str, &TestKey, &str)]) -> String {
    let names: Vec<_> = keys.iter().map(|(name, ..)| *name).collect();
    let tables = keys.iter().map(|(name, key, secret)| {
        let fingerprint = &key.fingerprint;
        format!("\n[signing.key.{name}]\nfingerprint = \"{fingerprint}\"\nsecret = \"{secret}\"\n")
    });
    format!("keys = {names:?}\n{}", tables.collect::<String>())
}
