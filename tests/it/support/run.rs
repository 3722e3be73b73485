//! Programs that have run, and what they said.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// A program that has ended.
#[derive(Debug)]
pub struct Run {
    command: String,
    /// Its exit status; -1 if a signal ended it.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Run {
    /// Runs a command to its end, without a terminal or any input.
    pub fn of(command: &mut Command) -> Self {
        Self::with_input(command, "")
    }

    /// Runs a command to its end with this text as its input, without a terminal.
    pub fn with_input(command: &mut Command, input: &str) -> Self {
        // Not `{command:?}`, which would print secrets of the environment.
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
        let line = line.join(" ");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("`{line}` can't be run: {error}"));
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that ends without reading is no failure of the test; dropping is the end of
        // the input.
        drop(stdin.write_all(input.as_bytes()));
        drop(stdin);
        let output = child.wait_with_output().expect("it was started");
        Self {
            command: line,
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts that it succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts its exit status.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Asserts that each of the texts stands in what it wrote, to stdout or stderr.
    #[track_caller]
    pub fn says<const N: usize>(self, texts: [&str; N]) -> Self {
        for text in texts {
            assert!(self.said(text), "`{text}` is missing in\n{self}");
        }
        self
    }

    /// Tells whether a text stands in what it wrote.
    pub fn said(&self, text: &str) -> bool {
        self.stdout.contains(text) || self.stderr.contains(text)
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(f, "$ {command}\n{stdout}--- stderr\n{stderr}--- exit {code}")
    }
}
