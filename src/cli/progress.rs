//! Turns the events of a run into bars, log lines, or nothing.

use std::sync::Mutex;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::terminal::{Terminal, Verbosity};
use crate::report::{Delivery, Event, EventDocument, Observe};
use crate::text;

/// Returns who watches a run: a person, a log, or nobody.
pub fn observer(terminal: &Terminal) -> Box<dyn Observe> {
    match (terminal.verbosity, terminal.watched) {
        (Verbosity::Quiet, _) => Box::new(Nobody),
        (_, true) => Box::new(Bar::new(terminal)),
        (_, false) => Box::new(Log { terminal: terminal.clone() }),
    }
}

/// Takes no note of anything.
pub struct Nobody;

impl Observe for Nobody {
    fn event(&self, _: &Event) {}
}

/// One line an event, with the time of day, for logs of unattended runs.
struct Log {
    terminal: Terminal,
}

impl Observe for Log {
    fn event(&self, event: &Event) {
        if let Some((verb, rest)) = line(event) {
            self.terminal.report(verb, &rest, EventDocument::of(event));
        }
    }
}

fn line(event: &Event) -> Option<(&'static str, String)> {
    Some(match event {
        Event::Read { done, total } if done == total => {
            ("read", text::plural(*total, "package file"))
        }
        Event::Hashed { done, total } if done == total => ("hash", text::plural(*total, "object")),
        Event::Uploaded { file, size, delivery: Delivery::Sent } => {
            ("upload", format!("{file} {}", text::bytes(*size)))
        }
        Event::Uploaded { file, delivery: Delivery::AlreadyThere, .. } => ("present", file.clone()),
        Event::Indexed { codename, files } => {
            ("index", format!("{codename} {}", text::plural(*files, "file")))
        }
        Event::Swapped { codename, from, to } => {
            let from = from.map(|number| format!("{number} → ")).unwrap_or_default();
            ("swap", format!("{codename} generation {from}{to}"))
        }
        Event::Verified { codename, generation } => {
            ("verify", format!("{codename} generation {generation} reads back as written"))
        }
        Event::Overtaken { codename } => {
            ("again", format!("{codename} was published by another writer meanwhile"))
        }
        Event::Restored { object } => ("restore", text::printable(object)),
        Event::Outdated { codename } => {
            ("again", format!("{codename} was read too long ago to build on"))
        }
        Event::Swept { objects } => ("delete", text::plural(*objects, "object")),
        Event::NotSwept { reason } => ("keep", format!("nothing was deleted: {reason}")),
        Event::Repaired { codename, files } => {
            ("copies", format!("{codename} {}", text::plural(*files, "index file")))
        }
        Event::Read { .. } | Event::Hashed { .. } | Event::UploadsPlanned { .. } => return None,
    })
}

/// A bar for a person who watches.
struct Bar {
    bar: ProgressBar,
    state: Mutex<Progress>,
}

struct Progress {
    started: Instant,
    files: (usize, usize),
    bytes: (u64, u64),
}

impl Bar {
    fn new(terminal: &Terminal) -> Self {
        let bar = ProgressBar::new(0);
        let characters = if terminal.err.ascii { "#-" } else { "█░" };
        let style = ProgressStyle::with_template("{msg:10} {bar:20} {prefix}")
            .expect("the template is well-formed")
            .progress_chars(characters);
        bar.set_style(style);
        let state = Progress { started: Instant::now(), files: (0, 0), bytes: (0, 0) };
        Self { bar, state: Mutex::new(state) }
    }

    fn count(&self, message: &'static str, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(message);
        self.bar.set_prefix(format!("{done}/{total}"));
        if done == total {
            self.bar.reset();
        }
    }

    fn uploaded(&self, size: u64) {
        let Ok(mut state) = self.state.lock() else { return };
        state.files.0 += 1;
        state.bytes.0 += size;
        let seconds = state.started.elapsed().as_secs_f64().max(0.001);
        // A rate is for people: its fraction doesn't matter.
        let rate = text::bytes((state.bytes.0 as f64 / seconds) as u64);
        let (done, total) = state.files;
        self.bar.set_position(state.bytes.0);
        let bytes = format!("{}/{}", text::bytes(state.bytes.0), text::bytes(state.bytes.1));
        self.bar.set_prefix(format!("{done}/{total}  {bytes}  {rate}/s"));
    }
}

impl Observe for Bar {
    fn event(&self, event: &Event) {
        match event {
            Event::Read { done, total } => self.count("Reading", *done, *total),
            // It is the last thing that is shown.
            Event::Hashed { done, total } if done == total => self.bar.finish_and_clear(),
            Event::Hashed { done, total } => self.count("Hashing", *done, *total),
            Event::UploadsPlanned { files, bytes } => {
                let Ok(mut state) = self.state.lock() else { return };
                *state =
                    Progress { started: Instant::now(), files: (0, *files), bytes: (0, *bytes) };
                self.bar.set_message("Uploading");
                self.bar.set_length(*bytes);
                self.bar.set_position(0);
            }
            Event::Uploaded { size, .. } => self.uploaded(*size),
            Event::Indexed { .. } => self.bar.set_message("Publishing"),
            Event::Overtaken { .. } | Event::Outdated { .. } => self.bar.set_message("Again"),
            Event::Swept { .. } | Event::NotSwept { .. } => {}
            Event::Swapped { .. } => self.bar.set_message("Verifying"),
            Event::Restored { .. } => self.bar.set_message("Repairing"),
            Event::Repaired { .. } | Event::Verified { .. } => self.bar.finish_and_clear(),
        }
    }
}
