//! Why a plan has nothing to be held against.

use super::Failure;

impl Failure {
    /// What `--base` names is neither a file nor a commit.
    pub fn no_base(name: &str) -> Self {
        Self::new("RM1060", format!("--base: `{name}` is neither a file nor a Git commit here"))
            .hint("fetch it first: a shallow clone has only one commit, `git fetch` brings others")
    }

    /// The file that `--base` names can't be read.
    pub fn unreadable_base(name: &str, error: std::io::Error) -> Self {
        Self::new("RM1060", format!("--base: failed to read {name}")).caused(&error)
    }
}
