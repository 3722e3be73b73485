//! Stanzas as other tools print them, read in the simplest way, independent of the code under test.

/// A field's name and its value, with the line breaks in it.
pub type Field = (String, String);

/// Returns the stanzas of a text, each as its fields in order.
pub fn stanzas(text: &str) -> Vec<Vec<Field>> {
    text.split("\n\n").map(fields).filter(|fields| !fields.is_empty()).collect()
}

/// Returns the value of a field.
pub fn value<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
}

fn fields(stanza: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for line in stanza.lines().filter(|line| !line.is_empty()) {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => *value += &format!("\n{line}"),
            _ => {
                let (name, value) = line.split_once(':').expect("a field has a colon");
                fields.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
    fields
}
