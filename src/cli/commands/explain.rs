//! `repoman explain`

use std::process::ExitCode;

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::{Style, Terminal, Tone};
use crate::report::{Explanation, explanations};

/// Explain an error code: why it is an error, and what to do
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to explain: an error code, such as RM1004 [default: list all codes]
    // An address, which has a slash, is to become the other thing that can be explained.
    #[arg(value_name = "CODE")]
    subject: Option<String>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let text = match &arguments.subject {
        None => explanations()
            .map(|Explanation { code, title, .. }| format!("{code}  {title}\n"))
            .collect(),
        Some(subject) => {
            let code = code(subject);
            let found = explanations().find(|explanation| explanation.code == code);
            page(found.ok_or_else(|| Failure::no_such_code(subject, &code))?, terminal.out)
        }
    };
    terminal.product(&text)?;
    Ok(exit::SUCCESS.into())
}

/// Returns a code as it is written, from what people type and paste: `rm1004`, `error[RM1004]:`.
fn code(subject: &str) -> String {
    let pasted = subject.trim_start_matches("error[").trim_start_matches("warning[");
    let code = pasted.trim_end_matches([':', ']']).to_ascii_uppercase();
    if code.starts_with(|c: char| c.is_ascii_digit()) { format!("RM{code}") } else { code }
}

fn page(explanation: Explanation, style: Style) -> String {
    let Explanation { code, title, text } = explanation;
    format!("{}\n\n{text}\n", style.paint(Tone::Strong, &format!("{code}: {title}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_taken_as_people_type_and_paste_them() {
        for typed in
            ["RM1004", "rm1004", "1004", "error[RM1004]:", "error[RM1004]", "warning[RM1004]"]
        {
            assert_eq!(code(typed), "RM1004", "{typed}");
        }
    }
}
