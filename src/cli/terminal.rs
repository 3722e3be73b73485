//! Where words go: stdout for the product, stderr for the rest, with or without colours.

use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;

use crate::cli::Global;
use crate::cli::failure::Failure;
use crate::cli::log_line::{Level, LogFormat, LogLine};
use crate::cli::render::github::inert;
use crate::report::EventDocument;
use crate::time::Timestamp;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only errors, and what was asked for.
    Quiet,
    /// What matters.
    Normal,
    /// Everything.
    Verbose,
}

/// The two output streams and how they may look.
#[derive(Debug, Clone)]
pub struct Terminal {
    /// How text on stdout looks.
    pub out: Style,
    /// How text on stderr looks.
    pub err: Style,
    /// How much is said.
    pub verbosity: Verbosity,
    /// Whether a person watches stderr and can answer on stdin.
    pub interactive: bool,
    /// Whether a person watches stderr.
    pub watched: bool,
    /// Whether stdout is a terminal.
    pub displayed: bool,
    /// Whether GitHub Actions takes commands from the output.
    commanded: bool,
    /// How stderr is written.
    log: LogFormat,
}

/// How text looks on one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub colored: bool,
    /// Whether only ASCII characters are used.
    pub ascii: bool,
}

/// What a piece of text means; each meaning has its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something is added.
    Added,
    /// Something is removed, or wrong.
    Removed,
    /// Something changes, or needs attention.
    Changed,
    /// A heading.
    Strong,
    /// An aside.
    Faint,
}

impl Terminal {
    /// Returns the terminal that the process was started on.
    pub fn new(global: &Global) -> Self {
        let style = |is_terminal: bool| Style {
            colored: colored(global.color, is_terminal),
            ascii: global.ascii,
        };
        let is_text = global.log_format == LogFormat::Text;
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Self {
            displayed: out,
            commanded: std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            log: global.log_format,
            out: style(out),
            err: Style { colored: is_text && style(err).colored, ..style(err) },
            verbosity,
            interactive: err && io::stdin().is_terminal(),
            watched: is_text && err && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    /// Prints the product of a command.
    ///
    /// # Errors
    ///
    /// When stdout can't take it; a reader that went away is no error.
    pub fn product(&self, text: &str) -> Result<(), Failure> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Prints the product of a command piece by piece.
    ///
    /// # Errors
    ///
    /// When stdout can't take it; a reader that went away is no error.
    pub fn stream(
        &self,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        match write(&mut stdout).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(Failure::output),
        }
    }

    /// Gives the runner of GitHub Actions a command.
    pub fn command(&self, line: &str) {
        // Not on stdout, which may go to a file. Nobody is left to hear that stderr is gone.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Returns text in which the runner of GitHub Actions finds no command, where there is one.
    pub fn inert(&self, text: String) -> String {
        if self.commanded { inert(&text) } else { text }
    }

    /// Says something about the run, unless it is to be quiet.
    pub fn say(&self, text: &str) {
        self.say_at(Level::Info, text);
    }

    /// Says that something needs attention, unless it is to be quiet.
    pub fn warn(&self, text: &str) {
        match self.log {
            LogFormat::Text => {
                self.say(&format!("{} {text}", self.err.paint(Tone::Changed, "warning:")));
            }
            LogFormat::Json => self.say_at(Level::Warning, text),
        }
    }

    /// Says what has happened, unless it is to be quiet: in a word and with what it happened to.
    pub fn report(&self, verb: &str, rest: &str, event: Option<EventDocument>) {
        let now = Timestamp::now();
        match self.log {
            LogFormat::Text => self.say(&format!("{} {verb:<8} {rest}", now.strftime("%H:%M:%S"))),
            LogFormat::Json if self.verbosity == Verbosity::Quiet => {}
            LogFormat::Json => {
                let message = format!("{verb} {rest}");
                self.tell(&LogLine::new(now, Level::Info, &message).event(event).to_json());
            }
        }
    }

    /// Says why a command failed.
    pub fn failure(&self, failure: &Failure) {
        match self.log {
            LogFormat::Text => self.tell(failure.render(self.err).trim_end()),
            LogFormat::Json => {
                let now = Timestamp::now();
                for error in failure.documents() {
                    self.tell(&LogLine::failure(now, &error).to_json());
                }
                let said = failure.last_words().map(|text| LogLine::new(now, Level::Info, text));
                said.iter().for_each(|line| self.tell(&line.to_json()));
            }
        }
    }

    fn say_at(&self, level: Level, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            match self.log {
                LogFormat::Text => self.tell(text),
                LogFormat::Json => {
                    self.tell(&LogLine::new(Timestamp::now(), level, text).to_json());
                }
            }
        }
    }

    fn tell(&self, text: &str) {
        // Nobody is left to hear that stderr is gone.
        let _ = writeln!(io::stderr().lock(), "{}", self.inert(text.to_owned()));
    }
}

impl Style {
    /// Returns text in the colour of its meaning.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colored {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Added => "32",
            Tone::Removed => "31",
            Tone::Changed => "33",
            Tone::Strong => "1",
            Tone::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Returns a character, or what stands for it where only ASCII is wanted.
    pub fn glyph(self, fancy: &'static str, plain: &'static str) -> &'static str {
        if self.ascii { plain } else { fancy }
    }
}

/// Applies the conventions of no-color.org and bixense.com/clicolors.
fn colored(choice: ColorChoice, is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
        ColorChoice::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    }
}
