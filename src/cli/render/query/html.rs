//! A page with a table, without scripts, styles from elsewhere or links.

use std::io::{self, Write};

use super::Sheet;

const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<title>Packages</title>
<style>
table { border-collapse: collapse; font-family: sans-serif }
th, td { border-bottom: 1px solid #ccc; padding: 0.2em 0.8em; text-align: left; vertical-align: top }
</style>
</head>
<body>
<table>
";
const FOOT: &str = "</tbody>\n</table>\n</body>\n</html>\n";

/// Writes the page.
pub fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    let headings = cells("th", sheet.headings().map(str::to_owned));
    write!(out, "{HEAD}<thead>\n{headings}</thead>\n<tbody>\n")?;
    for entry in sheet.found {
        out.write_all(cells("td", sheet.line(entry)).as_bytes())?;
    }
    out.write_all(FOOT.as_bytes())
}

fn cells(tag: &str, values: impl Iterator<Item = String>) -> String {
    let cells: String = values.map(|value| format!("<{tag}>{}</{tag}>", escaped(&value))).collect();
    format!("<tr>{cells}</tr>\n")
}

/// Returns text that is nothing but text, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_no_markup() {
        let text = "</td><script a=\"b\" c='d'>&amp;<!--";
        let safe = "&lt;/td&gt;&lt;script a=&quot;b&quot; c=&#39;d&#39;&gt;&amp;amp;&lt;!--";
        assert_eq!(escaped(text), safe);
    }
}
