//! What a run says, as JSON: one object a line, for those who collect logs (`--log-format json`).

use serde::Serialize;

use crate::report::{ErrorDocument, EventDocument};
use crate::time::Timestamp;

/// How stderr is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How much attention a line needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// None.
    Info,
    /// Some.
    Warning,
    /// The run failed.
    Error,
}

/// One line of a log.
#[derive(Debug, Serialize)]
pub struct LogLine<'a> {
    /// RFC 3339, with milliseconds.
    time: String,
    level: Level,
    message: &'a str,
    /// What happened, as `apply --json` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventDocument>,
    /// What went wrong; its message is that of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorDocument>,
}

impl<'a> LogLine<'a> {
    /// Returns a line that says something.
    pub fn new(now: Timestamp, level: Level, message: &'a str) -> Self {
        let time = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        Self { time, level, message: message.trim_end(), event: None, error: None }
    }

    /// Returns a line that says why a command failed.
    pub fn failure(now: Timestamp, error: &'a ErrorDocument) -> Self {
        Self { error: Some(error), ..Self::new(now, Level::Error, &error.message) }
    }

    /// Says what happened, too.
    pub fn event(self, event: Option<EventDocument>) -> Self {
        Self { event, ..self }
    }

    /// Returns the object, without a newline.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a line of a log has only string keys")
    }
}
