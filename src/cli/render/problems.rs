//! Problems of a manifest, each with the lines that it is about.

use std::fmt;
use std::path::Path;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode,
};

use crate::cli::terminal::Style;
use crate::manifest::{self, Problem};

/// Returns a problem with its place in the manifest's text, over several lines.
///
/// `text` comes from [`manifest::masked`]: it is shown as it is.
pub fn render(path: &Path, text: &str, problem: &Problem, style: Style) -> String {
    let report = Report {
        source: NamedSource::new(path.display().to_string(), text.to_owned()),
        problem: problem.clone(),
    };
    let theme = match (style.ascii, style.colored) {
        (true, _) => GraphicalTheme::ascii(),
        (false, true) => GraphicalTheme::unicode(),
        (false, false) => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
    let mut out = String::new();
    // Writing to a String fails only if a Display of ours does.
    let _ = handler.render_report(&mut out, &report);
    let kind = match problem.severity {
        manifest::Severity::Error => "error",
        manifest::Severity::Warning => "warning",
    };
    let headline = format!("{kind}[{}]: {}", problem.code, problem.message);
    let body = out.lines().skip_while(|line| !line.contains(['╭', ','])).collect::<Vec<_>>();
    format!("{headline}\n{}\n", body.join("\n"))
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
        let label = LabeledSpan::new_with_span(Some(self.problem.label.clone()), span);
        Some(Box::new(std::iter::once(label)))
    }
}
