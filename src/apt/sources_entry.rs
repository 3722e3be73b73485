//! The deb822 entry that clients put into `/etc/apt/sources.list.d/` (`sources.list(5)`).

use crate::debian::suite::{Codename, Component};

/// What a client must know to use one distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesEntry {
    /// The repository's root as clients reach it.
    pub uri: String,
    /// The distribution.
    pub suite: Codename,
    /// Its components, in the declared order.
    pub components: Vec<Component>,
    /// Who vouches for it.
    pub trust: Trust,
}

/// How clients verify the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// With the keyring file of this path on the client.
    SignedBy(String),
    /// Not at all: the manifest declares an unsigned repository.
    Unsigned,
}

impl SourcesEntry {
    /// Returns the stanza, one field a line.
    pub fn to_text(&self) -> String {
        let components: Vec<_> = self.components.iter().map(Component::as_str).collect();
        let trust = match &self.trust {
            Trust::SignedBy(path) => format!("Signed-By: {path}"),
            Trust::Unsigned => "Trusted: yes".to_owned(),
        };
        format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\n{trust}\n",
            self.uri,
            self.suite,
            components.join(" ")
        )
    }
}

/// Returns where a client keeps the keyring of the repository `name`.
pub fn keyring_path(name: &str) -> String {
    format!("/usr/share/keyrings/{name}.asc")
}
