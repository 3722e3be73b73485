//! `repoman query`

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::render::query::{Format, Scope, Sheet, columns, gaps, warnings};
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::debian::{Architecture, Codename, Component};
use crate::ops::retired::{Past, Retired, retired};
use crate::published::{self, Expected};
use crate::query::{Entry, Field, Selection, SortKey};
use crate::snapshot::Snapshot;
use crate::store::Settings;
use crate::text::plural;
use crate::time::Timestamp;

/// Show what is published, where, since when and from which source
///
/// EXPR is a package (`nginx`, `lib*`, `nginx (>= 1.2)`, `nginx_1.2-1_amd64`), an address
/// (`bookworm/main/amd64/nginx`) or a field (`Section (utils)`, `$From (widget)`), joined by `,`
/// (and), `|` (or), `!` (not) and parentheses. Put it in single quotes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What has to be true of a package [default: everything]
    #[arg(value_name = "EXPR")]
    query: Option<String>,
    /// Look at these distributions only
    #[arg(short, long, value_name = "CODENAME")]
    distribution: Vec<Codename>,
    /// Look at these components only
    #[arg(short, long, value_name = "NAME")]
    component: Vec<Component>,
    /// Look only at what the indices of these architectures list
    #[arg(short, long, value_name = "NAME")]
    architecture: Vec<Architecture>,
    /// Look only at the newest version of each package and architecture in its component
    #[arg(long, conflicts_with = "recent")]
    latest: bool,
    /// Look only at so many of the newest versions of each
    #[arg(long, value_name = "N")]
    recent: Option<NonZeroUsize>,
    /// Look instead at what is not published any more, as far as generations are kept
    #[arg(long)]
    retired: bool,
    /// Print it as table, plain, json, jsonl, deb822, markdown, csv or html
    #[arg(long, default_value = "table", hide_possible_values = true)]
    format: Format,
    /// Print it as JSON: short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Show these columns
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<Field>,
    /// Sort by these fields; a `-` before one reverses it [default: by place, name and version]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', allow_hyphen_values = true)]
    sort: Vec<SortKey>,
    /// Fail if nothing is found
    #[arg(long)]
    exit_code: bool,
}

impl Arguments {
    fn format(&self) -> Result<Format, Failure> {
        let format = if self.json { Format::Json } else { self.format };
        match self.fields[..] {
            [_, ..] if !format.has_columns() => Err(Failure::no_columns(&format.name())),
            _ => Ok(format),
        }
    }

    fn scope(&self) -> Scope {
        if self.retired { Scope::Retired } else { Scope::Published }
    }

    /// Makes sure that the distributions that are asked for are there.
    fn are_published(&self, snapshot: &Snapshot, terminal: &Terminal) -> Result<(), Failure> {
        for codename in &self.distribution {
            let Some(distribution) = snapshot.distributions.get(codename) else {
                return Err(Failure::not_published(codename.as_str()));
            };
            if distribution.is_removed() && self.scope() == Scope::Published {
                let advice = "`repoman log` tells when and why, and --retired what it had";
                terminal.warn(&format!("{codename} is removed; {advice}"));
            }
        }
        Ok(())
    }

    /// Prints what was found.
    fn show(
        &self,
        found: Vec<Entry<'_>>,
        format: Format,
        now: Timestamp,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let (omitted, shown): (Vec<_>, _) =
            found.into_iter().partition(|entry| format.omits(entry));
        if !omitted.is_empty() {
            let count = plural(omitted.len(), "package");
            let rest = "left out, whose stanzas are deleted; other formats have the rest";
            terminal.warn(&format!("{count} {rest}"));
        }
        let columns = columns(&self.fields, self.scope());
        let sheet = Sheet { found: &shown, fields: &columns, now };
        terminal.stream(|out| format.write(sheet, terminal, out))?;
        Ok(())
    }

    fn selection(&self) -> Result<Selection, Failure> {
        let parse = |text: &String| text.parse().map_err(|error| Failure::query(text, &error));
        Ok(Selection {
            distributions: self.distribution.clone(),
            components: self.component.clone(),
            architectures: self.architecture.clone(),
            newest: if self.latest { Some(NonZeroUsize::MIN) } else { self.recent },
            query: self.query.as_ref().map(parse).transpose()?,
            order: self.sort.clone(),
        })
    }
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let (format, selection) = (arguments.format()?, arguments.selection()?);
    let project = Project::open(global, terminal)?;
    let store = project.store(Settings::JOBS);
    let now = Timestamp::now();
    let manifest = &project.manifest;
    let expected = Expected { name: &manifest.repository.name, keys: &manifest.signing.known, now };
    let published = published::load(&store, expected).await?;
    arguments.are_published(&published.snapshot, terminal)?;
    let only = &arguments.distribution;
    let listing = match arguments.scope() {
        Scope::Published => published.snapshot.into(),
        Scope::Retired => {
            let past = Past { store: &store, published: &published, manifest, only };
            let Retired { listing, unreadable } = retired(past).await?;
            gaps(&unreadable).iter().for_each(|text| terminal.warn(text));
            listing
        }
    };
    let scope = (arguments.scope(), &listing);
    warnings(&selection, &arguments.fields, scope).iter().for_each(|text| terminal.warn(text));
    let found = selection.of(&listing, now);
    let is_empty = found.is_empty();
    arguments.show(found, format, now, terminal)?;
    match (is_empty, arguments.exit_code) {
        (true, true) => return Err(Failure::nothing_found()),
        (true, false) => terminal.say("No package matches."),
        (false, _) => {}
    }
    Ok(exit::SUCCESS.into())
}
