//! The JSON Schema of the manifest, for editors.
//!
//! It comes from the same [`grammar`] that the text is checked against, so the two
//! can't disagree about keys and types. What needs more than one value to judge is not in it.

use serde_json::{Map, Value, json};

use super::grammar::{self, Key, Shape, Table};

/// Returns the schema that `schema/repo.schema.json` holds.
///
/// It is of draft 7, the newest that the common TOML editors understand.
pub fn json_schema() -> Value {
    let mut schema = table(&grammar::MANIFEST);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("repoman manifest");
    schema
}

fn table(table: &Table) -> Value {
    let supported = || table.keys.iter().filter(|key| key.is_supported());
    let properties: Map<String, Value> = supported()
        .map(|key| (key.name.to_owned(), described(shape(key.shape), key.doc)))
        .collect();
    let required: Vec<&str> =
        supported().filter(|key| is_required(key)).map(|key| key.name).collect();
    let alternatives: Vec<Value> = supported()
        .filter(|key| key.is_alternative)
        .map(|key| json!({ "required": [key.name] }))
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if !alternatives.is_empty() {
        schema["oneOf"] = json!(alternatives);
    }
    schema
}

fn is_required(key: &Key) -> bool {
    key.required.is_some() && !key.is_alternative
}

fn described(mut schema: Value, doc: &str) -> Value {
    schema["description"] = json!(doc);
    schema
}

fn shape(shape: Shape) -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    match shape {
        Shape::Format => json!({ "const": grammar::FORMAT }),
        Shape::Text => text,
        Shape::Reference => json!({ "type": "string", "pattern": "^(env:.+|file:.+|agent:)$" }),
        Shape::Choice(choices) => json!({ "enum": choices }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Count { least, most: u64::MAX } => json!({ "type": "integer", "minimum": least }),
        Shape::Count { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Shape::Duration => json!({ "type": "string", "pattern": "^0*[1-9][0-9]*[smhdw]$" }),
        Shape::Reasons => json!({ "type": "object", "additionalProperties": text }),
        Shape::Exceptions => {
            let line = json!({ "oneOf": [text, table(&grammar::EXCEPTION)] });
            let lines = json!({ "type": "object", "additionalProperties": line });
            json!({ "type": "object", "additionalProperties": lines })
        }
        Shape::True => json!({ "const": true }),
        Shape::Selection => json!({
            "oneOf": [
                { "type": "array", "items": text, "minItems": 1, "uniqueItems": true },
                { "type": "object", "additionalProperties": text, "minProperties": 1 },
            ]
        }),
        Shape::Texts => json!({ "type": "array", "items": text, "uniqueItems": true }),
        Shape::Choices(choices) => {
            json!({ "type": "array", "items": { "enum": choices }, "minItems": 1, "uniqueItems": true })
        }
        Shape::TextOrTexts => json!({
            "oneOf": [text, { "type": "array", "items": text, "minItems": 1, "uniqueItems": true }]
        }),
        Shape::Table(grammar) => table(grammar),
        Shape::Named(grammar) => {
            json!({ "type": "object", "additionalProperties": table(grammar) })
        }
        Shape::Part(grammar) => {
            let mut part = table(grammar);
            part["required"] = json!([]);
            part
        }
        Shape::Fixed | Shape::Later => json!(false),
    }
}
