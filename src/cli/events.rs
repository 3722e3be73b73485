//! The events of a run on stdout, one JSON object a line, beside what stderr shows.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::cli::commands::version::TOOL;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::terminal::Terminal;
use crate::report::{ApplyStatus, Document as _, Event, EventDocument, Observe, PlanDocument};

/// A stream of events that has begun; [`EventLines::end`] is to be its last line.
pub struct EventLines {
    terminal: Terminal,
    shown: Box<dyn Observe>,
    generations: Mutex<BTreeMap<String, u64>>,
}

impl EventLines {
    /// Begins with the line that says the version.
    ///
    /// # Errors
    ///
    /// When stdout can't be written.
    pub fn begin(terminal: &Terminal) -> Result<Self, Failure> {
        let shown = progress::observer(terminal);
        let lines = Self { terminal: terminal.clone(), shown, generations: Mutex::default() };
        lines.line(&EventDocument::version(TOOL))?;
        Ok(lines)
    }

    /// Tells the plan that was made.
    ///
    /// # Errors
    ///
    /// When stdout can't be written.
    pub fn plan(&self, plan: PlanDocument) -> Result<(), Failure> {
        self.line(&EventDocument::Plan { plan: Box::new(plan) })
    }

    /// Ends with the line that says what came of the run.
    ///
    /// # Errors
    ///
    /// When stdout can't be written.
    pub fn end(&self, ended: &Result<ApplyStatus, Failure>) -> Result<(), Failure> {
        let generations = self.generations.lock().map(|known| known.clone()).unwrap_or_default();
        let (status, exit_code, errors) = match ended {
            Ok(status) => (*status, exit::SUCCESS, Vec::new()),
            Err(failure) => {
                let status = match failure.status() {
                    exit::BLOCKED => ApplyStatus::Blocked,
                    exit::CONFLICT => ApplyStatus::Conflict,
                    _ => ApplyStatus::Failed,
                };
                (status, failure.status(), failure.documents())
            }
        };
        self.line(&EventDocument::Outcome { status, exit_code, generations, errors })
    }

    fn line(&self, document: &EventDocument) -> Result<(), Failure> {
        self.terminal.product(&document.to_line())
    }
}

impl Observe for EventLines {
    fn event(&self, event: &Event) {
        self.shown.event(event);
        if let (Event::Swapped { codename, to, .. }, Ok(mut known)) =
            (event, self.generations.lock())
        {
            known.insert(codename.to_string(), *to);
        }
        // The last line fails as well if stdout can't be written, and that is told.
        let _ = EventDocument::of(event).map(|document| self.line(&document));
    }
}
