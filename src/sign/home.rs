//! A private, temporary GnuPG home: the only place outside this process where a secret is.
//!
//! It lies in memory (`/dev/shm`) where that exists. When it is dropped, on return or on unwinding,
//! its gpg-agent is stopped and its files are gone. Should the process be killed outright, `watch`
//! removes the directory, and the agent ends by itself.
//!
//! A home may borrow the agent of a user instead of having one: a socket file redirects to it, so
//! that the user's own configuration is neither read for a signature nor touched.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gpgme::{Context, Protocol};
use tempfile::TempDir;

use super::watch::Watch;
use super::{SignError, agent};
use crate::time::Timestamp;

/// A socket's path is held in 108 bytes (unix(7)), with `/S.gpg-agent.browser` and a NUL in them.
const LONGEST_HOME: usize = 108 - 21;

/// What every run of gpg in a private home goes by.
///
/// It signs by SHA-512 and adds nothing to armor and signatures; it takes no offence at keys that
/// are younger than the time that the caller sets (`ignore-…`), as `judge` looks at that; and it
/// stays off the network, the terminal, and agents that nobody started for it.
const CONFIGURATION: &str = "\
batch
no-tty
no-autostart
no-greeting
no-emit-version
no-comments
no-include-key-block
digest-algo SHA512
trust-model always
ignore-time-conflict
ignore-valid-from
no-auto-key-locate
no-auto-key-retrieve
disable-dirmngr
";

/// gpg-agent re-encrypts an imported secret at its first use, by default at a cost of over a
/// second. The copy lives for minutes in a private directory: the least work factor is enough.
/// (`batch` must not stand here: gpg-agent 2.2.40 crashes on loopback requests with it.)
const AGENT_CONFIGURATION: &str = "s2k-count 65536\nallow-loopback-pinentry\n";

/// Which gpg-agent a home works with.
#[derive(Debug)]
pub(super) enum Agent {
    /// None at all: only public keys are used.
    None,
    /// One of its own, which ends with the home.
    Own,
    /// Somebody else's, at this socket; it is never stopped.
    Borrowed(PathBuf),
}

/// A private GnuPG home.
#[derive(Debug)]
pub(super) struct Home {
    directory: TempDir,
    agent: Agent,
    /// The time that gpg believes in.
    time: Mutex<Option<Timestamp>>,
    /// Dropped after the directory is gone.
    _watch: Watch,
}

impl Home {
    /// Creates an empty home in which gpg believes that it is `now`.
    pub(super) fn create(agent: Agent, now: Timestamp) -> Result<Self, SignError> {
        let directory = private_directory()?;
        let watch = Watch::over(directory.path()).map_err(SignError::Watch)?;
        let home = Self { directory, agent, time: Mutex::default(), _watch: watch };
        match &home.agent {
            Agent::None => {}
            Agent::Own => {
                home.write("gpg-agent.conf", AGENT_CONFIGURATION)?;
                agent::launch(home.directory.path())?;
            }
            Agent::Borrowed(socket) => {
                // A redirection as libassuan reads it (assuan_sock_set_sockaddr_un).
                home.write(agent::SOCKET, &format!("%Assuan%\nsocket={}\n", socket.display()))?;
            }
        }
        home.set_time(now)?;
        Ok(home)
    }

    /// Makes gpg believe that it is `now`, and stays so; gpgme has no call for a signature's time.
    ///
    /// Nothing is written where it does already: another gpg may be reading that just now.
    pub(super) fn set_time(&self, now: Timestamp) -> Result<(), SignError> {
        let mut time = self.time.lock().unwrap_or_else(PoisonError::into_inner);
        if *time == Some(now) {
            return Ok(());
        }
        *time = None;
        // The mark freezes the time.
        let clock = format!("faked-system-time {}!\n", now.as_second().max(0));
        self.write("gpg.conf", &format!("{CONFIGURATION}{clock}"))?;
        *time = Some(now);
        Ok(())
    }

    /// Returns a new gpgme context that works in this home and writes armor.
    pub(super) fn context(&self) -> Result<Context, SignError> {
        context_in(Some(self.directory.path()))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), SignError> {
        fs::write(self.directory.path().join(name), text).map_err(SignError::Write)
    }

    /// Returns where the home is.
    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Through the redirection of a borrowed agent this would stop the user's own.
        if matches!(self.agent, Agent::Own) {
            agent::end(self.directory.path());
        }
    }
}

/// The home that new contexts work in; nothing before there was any.
static HOME: Mutex<Option<Option<PathBuf>>> = Mutex::new(None);

/// Returns a new gpgme context that works in `home`, or in the user's own.
///
/// To have a context work elsewhere than it would by itself, gpgme asks gpg for its version each
/// time, and a process that has read a large index takes long to fork. So it is told what holds
/// for all, and only when that changes.
pub(super) fn context_in(home: Option<&Path>) -> Result<Context, SignError> {
    let failed = |source: gpgme::Error| match source.code() {
        code if code == gpgme::Error::INV_ENGINE.code() => SignError::NoGnuPg(None),
        _ => SignError::Gpg { action: "start", source },
    };
    // Nothing is left half done by whoever panicked: what is noted was set before.
    let mut current = HOME.lock().unwrap_or_else(PoisonError::into_inner);
    if current.as_ref().is_none_or(|current| current.as_deref() != home) {
        *current = None;
        let bytes = home.map(|home| home.as_os_str().as_encoded_bytes());
        let gpgme = gpgme::init();
        // Else gpgme has gpgconf list all that there is, and asks gpgsm for its version, too.
        let _ = gpgme::set_flag("disable-gpgconf", "");
        gpgme.set_engine_info(Protocol::OpenPgp, None::<&[u8]>, bytes).map_err(failed)?;
        *current = Some(home.map(Path::to_owned));
    }
    let mut context = Context::from_protocol(Protocol::OpenPgp).map_err(failed)?;
    drop(current);
    // gpgme gives a gpg that can't be run the version 1.0.0, and finds no data in any key then.
    if !context.engine_info().check_version("2.2") {
        return Err(SignError::NoGnuPg(None));
    }
    context.set_armor(true);
    context.set_offline(true);
    Ok(context)
}

/// Creates a directory for us alone, with a path that is short enough for sockets.
fn private_directory() -> Result<TempDir, SignError> {
    let mut tried = Vec::new();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for parent in ["/dev/shm".into(), "/tmp".into(), std::env::temp_dir(), "/var/tmp".into()] {
        let made = tempfile::Builder::new()
            .prefix("repoman-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&parent);
        match made {
            Ok(made) if made.path().as_os_str().len() <= LONGEST_HOME => return Ok(made),
            Ok(_) => last = io::ErrorKind::InvalidFilename.into(),
            Err(error) => last = error,
        }
        tried.push(parent);
    }
    Err(SignError::Home { tried, source: last })
}
