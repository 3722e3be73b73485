//! Problems of a manifest, each with the lines that it is about.

use std::fmt;
use std::path::Path;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode, ThemeCharacters, ThemeStyles,
};

use crate::cli::render::github::{Annotation, Weight};
use crate::cli::terminal::{Style, Tone};
use crate::manifest::{self, Problem};

/// Returns a problem with its place in the manifest's text, over several lines.
///
/// `text` comes from [`manifest::masked`]: it is shown as it is.
pub fn render(path: &Path, text: &str, problem: &Problem, style: Style) -> String {
    let report = Report {
        source: NamedSource::new(path.display().to_string(), text.to_owned()),
        problem: problem.clone(),
    };
    let theme = GraphicalTheme {
        characters: if style.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() },
        styles: if style.colored { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
    let mut out = String::new();
    // Writing to a String fails only if a Display of ours does.
    let _ = handler.render_report(&mut out, &report);
    let (kind, tone) = match problem.severity {
        manifest::Severity::Error => ("error", Tone::Removed),
        manifest::Severity::Warning => ("warning", Tone::Changed),
    };
    let mark = style.paint(tone, &format!("{kind}[{}]:", problem.code));
    let headline = format!("{mark} {}", problem.message);
    // Miette's own headline has no room for the code.
    let body = out.lines().skip_while(|line| !is_frame(line)).collect::<Vec<_>>();
    if body.is_empty() {
        return format!("{headline}\n{}", help(problem.help.as_deref()));
    }
    format!("{headline}\n{}\n", body.join("\n"))
}

/// Returns a problem as a remark beside its line of the manifest.
pub fn annotation(path: &Path, text: &str, problem: &Problem) -> Annotation {
    let parts = [Some(&problem.message), Some(&problem.label), problem.help.as_ref()];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    Annotation {
        weight: match problem.severity {
            manifest::Severity::Error => Weight::Error,
            manifest::Severity::Warning => Weight::Warning,
        },
        file: Some(path.to_owned()),
        position: Some(problem.position(text)),
        title: problem.code.to_owned(),
        message: parts.map(String::as_str).collect::<Vec<_>>().join("\n"),
    }
}

/// Returns advice of any number of lines, indented below its mark; nothing if there is none.
pub fn help(advice: Option<&str>) -> String {
    let marks = std::iter::once("  help: ").chain(std::iter::repeat("        "));
    let lines = advice.into_iter().flat_map(str::lines).zip(marks);
    lines.map(|(line, mark)| format!("{mark}{line}\n")).collect()
}

/// Tells whether a line begins the frame around the source.
fn is_frame(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('╭') || line.starts_with(",-[")
}

/// A problem in the form that miette draws.
#[derive(Debug)]
struct Report {
    source: NamedSource<String>,
    problem: Problem,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn severity(&self) -> Option<Severity> {
        Some(match self.problem.severity {
            manifest::Severity::Error => Severity::Error,
            manifest::Severity::Warning => Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.problem.span.clone()?;
        let label = Some(self.problem.label.clone()).filter(|label| !label.is_empty());
        let label = LabeledSpan::new_with_span(label, span);
        Some(Box::new(std::iter::once(label)))
    }
}
