//! Removes a private GnuPG home also when its process is killed outright.
//!
//! Nothing in a process runs any more after SIGKILL. So a shell waits at the other end of a pipe:
//! when that ends without a word, whoever held it is gone, and the home has to go, too. Its
//! gpg-agent then ends by itself within a second.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Reads a line; without one, removes the directory. A process group of its own keeps the signals
/// of a terminal from it.
const SCRIPT: &str = "read -r _ || rm -rf -- \"$1\"";

/// A process that waits for this one to end.
#[derive(Debug)]
pub(super) struct Watch {
    shell: Child,
}

impl Watch {
    /// Has `directory` removed should this process end without dropping the watch.
    pub(super) fn over(directory: &Path) -> io::Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(directory)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { shell })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Whoever drops the watch removes the directory; should the word not arrive, the shell
        // removes it once more.
        if let Some(mut pipe) = self.shell.stdin.take() {
            let _ = pipe.write_all(b"\n");
        }
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_goes_with_the_pipe_but_not_with_the_watch() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("home");
        std::fs::create_dir(&path).unwrap();
        drop(Watch::over(&path).unwrap());
        assert!(path.exists(), "its owner removes it");
        let mut watch = Watch::over(&path).unwrap();
        drop(watch.shell.stdin.take());
        watch.shell.wait().unwrap();
        assert!(!path.exists(), "its owner is gone");
    }
}
