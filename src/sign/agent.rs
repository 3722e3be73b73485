//! gpg-agent: started for a private home, told to end, or found where a user has one.

use std::fs::{self, File};
use std::io::{self, BufRead as _, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::SignError;
use crate::text::printable;

/// The socket of the agent of a home, in that home.
pub(super) const SOCKET: &str = "S.gpg-agent";

/// What an agent says that can't start.
const LOG: &str = "agent.log";

/// For how long an agent may hold up whoever wants it to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts the agent of a private home; it answers when this returns.
///
/// gpg would start it too, but call its absence a bad key.
pub(super) fn launch(home: &Path) -> Result<(), SignError> {
    let log = home.join(LOG);
    let stderr = File::create(&log).map_err(SignError::Write)?;
    let mut command = Command::new("gpg-agent");
    command.arg("--homedir").arg(home).arg("--daemon");
    // It outlives the process that starts it, and keeps what it was given: so no pipe.
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).status();
    match started {
        Ok(status) if status.success() => Ok(()),
        // Before the reason it tells what it has created.
        Ok(_) => Err(refusal(fs::read(&log).unwrap_or_default().as_slice().lines().last())),
        // GnuPG knows where it has installed its own programs.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            gpgconf(Some(home), &["--launch", "gpg-agent"]).map(drop)
        }
        Err(error) => Err(SignError::Agent(error)),
    }
}

/// Ends the agent of a private home.
pub(super) fn end(home: &Path) {
    if tell_to_end(home).is_err() {
        // An agent that can't be told so ends when its home vanishes, which comes next.
        let _ = gpgconf(Some(home), &["--kill", "gpg-agent"]);
    }
}

/// Sends the one command of the agent's protocol that this takes (Assuan: a line each way), and
/// waits until the agent hangs up.
fn tell_to_end(home: &Path) -> io::Result<()> {
    let mut agent = UnixStream::connect(home.join(SOCKET))?;
    agent.set_read_timeout(Some(PATIENCE))?;
    agent.write_all(b"KILLAGENT\n")?;
    agent.read_to_end(&mut Vec::new()).map(drop)
}

/// Returns the socket of the gpg-agent of the user whose home is `home`, after starting it.
pub(super) fn of_user(home: Option<&Path>) -> Result<PathBuf, SignError> {
    gpgconf(home, &["--launch", "gpg-agent"])?;
    gpgconf(home, &["--list-dirs", "agent-socket"]).map(PathBuf::from)
}

/// Runs gpgconf and returns the line that it prints.
fn gpgconf(home: Option<&Path>, arguments: &[&str]) -> Result<String, SignError> {
    let mut command = Command::new("gpgconf");
    if let Some(home) = home {
        command.arg("--homedir").arg(home);
    }
    let output = command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| SignError::NoGnuPg(Some(source)))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
        false => Err(refusal(output.stderr.as_slice().lines().next())),
    }
}

/// Returns why there is no agent, from what a program said of it.
fn refusal(said: Option<io::Result<String>>) -> SignError {
    let said = said.and_then(Result::ok);
    let said = said.as_deref().unwrap_or("gpg-agent did not start");
    SignError::Agent(io::Error::other(printable(said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_does_not_start_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("a-path-that-no-socket-has-room-for".repeat(4));
        fs::create_dir(&home).unwrap();
        let SignError::Agent(reason) = launch(&home).unwrap_err() else { panic!() };
        assert!(reason.to_string().contains("too long"), "{reason}");
        // Nothing to end, and nobody minds.
        end(&home);
    }

    #[test]
    fn an_agent_ends_when_it_is_told_so() {
        let home = tempfile::tempdir_in("/tmp").unwrap();
        launch(home.path()).unwrap();
        assert!(UnixStream::connect(home.path().join(SOCKET)).is_ok());
        tell_to_end(home.path()).unwrap();
        assert!(tell_to_end(home.path()).is_err());
    }
}
