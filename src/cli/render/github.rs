//! What GitHub Actions reads of a step: workflow commands in the log, and outputs in a file.
//!
//! The escapes are those of the runner's own toolkit. The log carries text of others, too, which
//! must not become a command.

use std::fmt;
use std::path::PathBuf;

use crate::plan::{Danger, Note, Plan, Severity};

/// A remark beside a line of a file, in the pull request that changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Whether it is an error.
    pub weight: Weight,
    /// The file, relative to the workspace; none for what is about no file.
    pub file: Option<PathBuf>,
    /// Line and column, from 1; the column is 0 where only the line is known.
    pub position: Option<(usize, usize)>,
    /// What stands above the message.
    pub title: String,
    /// What is wrong; may have several lines.
    pub message: String,
}

/// How an annotation is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As an error.
    Error,
    /// As a warning.
    Warning,
}

impl fmt::Display for Annotation {
    /// Writes the workflow command, without a line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = match self.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        write!(f, "::{command} ")?;
        if let Some(file) = &self.file {
            write!(f, "file={},", property(&file.display().to_string()))?;
        }
        if let Some((line, column)) = self.position {
            write!(f, "line={line},")?;
            if column > 0 {
                write!(f, "col={column},")?;
            }
        }
        write!(f, "title={}::{}", property(&self.title), value(&self.message))
    }
}

/// Returns the annotations of a plan of the manifest at `file`: dangers, and lines that do nothing.
pub fn annotations(plan: &Plan, file: &std::path::Path) -> Vec<Annotation> {
    let dangers = plan.dangers.iter().filter(|danger| danger.accepted.is_none());
    let dangers = dangers.map(|danger| Annotation {
        weight: match danger.severity {
            Severity::Blocking => Weight::Error,
            Severity::Warning => Weight::Warning,
        },
        file: Some(file.to_owned()),
        position: None,
        title: danger.id.clone(),
        message: advised(danger),
    });
    let unused = plan.notes.iter().filter_map(|note| match note {
        Note::Unused { table, key, line } if *line > 0 => Some(Annotation {
            weight: Weight::Warning,
            file: Some(file.to_owned()),
            position: Some((*line, 0)),
            title: format!("[{table}]"),
            message: format!("`{key}` does nothing any more"),
        }),
        Note::Stranger { name, line, near } => Some(Annotation {
            weight: Weight::Warning,
            file: Some(file.to_owned()),
            position: Some((*line, 0)),
            title: name.clone(),
            message: format!("there is no such package; did you mean {near}?"),
        }),
        _ => None,
    });
    dangers.chain(unused).collect()
}

fn advised(danger: &Danger) -> String {
    let mut message = danger.message.clone();
    if !danger.blocks() {
        return message;
    }
    if let Some(instead) = &danger.instead {
        message += &format!("\nBetter: {instead}");
    }
    message
        + &match danger.code.is_acceptable() {
            true => {
                let (table, key) = (danger.code.table(), danger.key());
                format!("\nTo go ahead: [{table}] \"{key}\" = \"why\"")
            }
            false => "\nNo line accepts it.".to_owned(),
        }
}

/// Returns outputs of a step as its file has them, a line each.
pub fn outputs(pairs: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| {
        debug_assert!(!value.contains(['\n', '\r']), "{name} would have to stand in a block");
        format!("{name}={value}\n")
    };
    pairs.iter().map(line).collect()
}

/// Returns text for the log in which no line is a workflow command.
///
/// The runner takes a command after any blanks, and one of its old form anywhere in a line.
pub fn inert(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace("##[", "#\u{200b}#[");
        let command = line.trim_start().starts_with("::");
        if command { line.replacen("::", "\u{200b}::", 1) } else { line }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Escapes the message of a command.
fn value(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    value(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_annotation_ends_it() {
        let annotation = Annotation {
            weight: Weight::Error,
            file: Some("a,b/repo.toml".into()),
            position: Some((24, 31)),
            title: "RM1004: 100%".to_owned(),
            message: "x86_64::\r\nline=1,%0A".to_owned(),
        };
        assert_eq!(
            annotation.to_string(),
            "::error file=a%2Cb/repo.toml,line=24,col=31,title=RM1004%3A 100%25::\
             x86_64::%0D%0Aline=1,%250A",
        );
        let bare = Annotation { file: None, position: None, weight: Weight::Warning, ..annotation };
        assert!(bare.to_string().starts_with("::warning title=RM1004"));
    }

    #[test]
    fn no_line_of_others_is_a_command() {
        let text = "plan\n   ::set-output name=status::empty\nwhy ##[error]x\na::b\n";
        let shown = inert(text);
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
        assert!(!shown.contains("##["), "{shown}");
        assert_eq!(shown.replace('\u{200b}', ""), text);
        assert_eq!(shown.lines().last(), Some("a::b"));
    }
}
