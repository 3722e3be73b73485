//! What all JSON documents share: how they are written, and their schemas.
//!
//! A document has a `kind`, a `format_version`, and members in the order of their names. What drives a
//! terminal is escaped, whoever put it into a package.

use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::text::is_printable;

/// A JSON document for other programs.
pub trait Document: Serialize + JsonSchema {
    /// What `repoman schema` calls it: its schema is `schema/NAME.schema.json`.
    const NAME: &'static str;

    /// Returns the document's text: JSON, keys sorted, with a final newline.
    fn to_text(&self) -> String {
        // A Value's members are sorted; a struct's stand in the order of its declaration.
        let value = serde_json::to_value(self).expect("every map in it has string keys");
        let mut text = Vec::new();
        serde_json::to_writer_pretty(Printable(&mut text), &value).expect("memory can be written");
        text.push(b'\n');
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// Returns the document on one line, with the line's end: keys sorted.
    fn to_line(&self) -> String {
        let value = serde_json::to_value(self).expect("every map in it has string keys");
        let mut text = Vec::new();
        serde_json::to_writer(Printable(&mut text), &value).expect("memory can be written");
        text.push(b'\n');
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// Returns the document's JSON Schema.
    fn schema() -> serde_json::Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }
}

/// Writes JSON without characters that drive a terminal: their escapes mean the same.
///
/// serde_json escapes what RFC 8259 asks for only, and passes whole pieces of strings; all that is
/// not ASCII stands in a string.
pub(super) struct Printable<'a>(pub(super) &'a mut dyn Write);

impl Write for Printable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut plain = 0;
        let is_escaped = |c: &char| !is_printable(*c) && *c != '\n';
        for (at, character) in text.char_indices().filter(|(_, c)| is_escaped(c)) {
            self.0.write_all(&bytes[plain..at])?;
            // None of them is beyond the first plane.
            write!(self.0, "\\u{:04x}", u32::from(character))?;
            plain = at + character.len_utf8();
        }
        self.0.write_all(&bytes[plain..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        DriftDocument, EventDocument, ExplainDocument, GcDocument, KeysDocument, LogDocument,
        PlanDocument, PublishDocument, QueryDocument,
    };

    #[test]
    fn what_drives_a_terminal_is_escaped_and_reads_back() {
        let value = serde_json::json!({ "a": "x\u{1b}\u{7f}\u{9b}\u{202e}ü\n", "b": ["\t"] });
        let mut out = Vec::new();
        serde_json::to_writer_pretty(Printable(&mut out), &value).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.chars().all(|c| is_printable(c) || c == '\n'), "{text:?}");
        assert!(text.contains("x\\u001b\\u007f\\u009b\\u202eü\\n"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    /// Asserts that a schema's file is the schema; with `UPDATE_SCHEMA=1` it is written anew.
    #[track_caller]
    fn is_current<D: Document>() {
        let file = format!("{}/schema/{}.schema.json", env!("CARGO_MANIFEST_DIR"), D::NAME);
        let schema = format!("{:#}\n", D::schema());
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&file, &schema).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), schema, "{file}");
    }

    #[test]
    fn the_schema_files_are_the_schemas() {
        is_current::<DriftDocument>();
        is_current::<EventDocument>();
        is_current::<ExplainDocument>();
        is_current::<GcDocument>();
        is_current::<KeysDocument>();
        is_current::<LogDocument>();
        is_current::<PlanDocument>();
        is_current::<PublishDocument>();
        is_current::<QueryDocument<'_>>();
    }
}
