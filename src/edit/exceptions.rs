//! `[yank.PACKAGE]` and `[keep.PACKAGE]`: one line each.

use toml_edit::{InlineTable, Item, Value};

use super::layout::Layout;
use super::value::string;
use super::{EditError, What};
use crate::debian::version_expression::VersionExpression;
use crate::text::suggestion;

/// Which of the two tables of exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExceptionKind {
    /// Versions that are withdrawn.
    Yank,
    /// Versions that stay.
    Keep,
}

/// Versions of a package that are treated otherwise, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// How.
    pub kind: ExceptionKind,
    /// The package.
    pub package: String,
    /// Which versions, as an expression.
    pub versions: String,
    /// Why.
    pub reason: String,
    /// The only distribution or component, if not all.
    pub from: Option<String>,
}

/// Adds the line of an exception; what is there already is left as it is.
///
/// The expression is written as Debian writes relations, if it is one.
///
/// # Errors
///
/// Fails if the versions have a line with another reason or another place.
pub fn except(text: &str, exception: &Exception) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    let Exception { kind, package, versions, .. } = exception;
    let table = [kind.table(), package.as_str()];
    if let Some(line) = find(&layout, &table, versions) {
        let item = layout.find(&[table[0], table[1], &line]);
        return if item.is_some_and(|item| says(item, exception)) {
            Ok(text.to_owned())
        } else {
            Err(EditError::Exists { what: kind.what(), name: format!("{package} {line}") })
        };
    }
    layout.set(&table, &canonical(versions), value(exception))?;
    Ok(layout.to_text())
}

/// Removes the line of an exception, and its table if that was the last.
///
/// # Errors
///
/// Fails if there is no such line.
pub fn remove_exception(
    text: &str,
    kind: ExceptionKind,
    package: &str,
    versions: &str,
) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    let table = [kind.table(), package];
    let Some(line) = find(&layout, &table, versions) else {
        return Err(missing(&layout, kind, package, versions));
    };
    let path: &[&str] =
        if layout.names(&table).len() == 1 { &table } else { &[table[0], package, &line] };
    layout.remove(path);
    Ok(layout.to_text())
}

impl ExceptionKind {
    fn table(self) -> &'static str {
        match self {
            Self::Yank => "yank",
            Self::Keep => "keep",
        }
    }

    fn what(self) -> What {
        match self {
            Self::Yank => What::Yank,
            Self::Keep => What::Keep,
        }
    }
}

/// Returns the key of the line that is about just these versions, however they are written.
fn find(layout: &Layout, table: &[&str], versions: &str) -> Option<String> {
    let wanted = canonical(versions);
    let lines = layout.names(table).into_iter();
    lines.map(str::to_owned).find(|line| canonical(line) == wanted)
}

fn canonical(versions: &str) -> String {
    let parsed = versions.parse::<VersionExpression>();
    parsed.map_or_else(|_| versions.to_owned(), |versions| versions.to_string())
}

fn value(exception: &Exception) -> Value {
    let Some(from) = &exception.from else { return string(&exception.reason) };
    let mut table = InlineTable::new();
    table.insert("reason", string(&exception.reason));
    table.insert("from", string(from));
    Value::InlineTable(table)
}

/// Tells whether a line says what an exception does.
fn says(item: &Item, exception: &Exception) -> bool {
    let key = |key: &str| item.as_table_like().and_then(|table| table.get(key)?.as_str());
    let reason = item.as_str().or_else(|| key("reason"));
    reason == Some(&exception.reason) && key("from") == exception.from.as_deref()
}

fn missing(layout: &Layout, kind: ExceptionKind, package: &str, versions: &str) -> EditError {
    let table = kind.table();
    let near = if layout.find(&[table, package]).is_some() {
        let lines = layout.names(&[table, package]);
        // There are few, and any of them helps.
        let line = suggestion(versions, lines.iter().copied()).or(lines.first().copied());
        line.map(|line| format!("{package} {line}"))
    } else {
        suggestion(package, layout.names(&[table])).map(str::to_owned)
    };
    EditError::Missing { what: kind.what(), name: format!("{package} {versions}"), near }
}
