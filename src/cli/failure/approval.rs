//! Why a saved plan is not what an apply goes by.

use std::path::Path;

use super::Failure;
use crate::cli::exit;
use crate::debian::suite::Codename;
use crate::plan::{Deed, Operation};
use crate::report::{ApprovedError, Excess};

impl Failure {
    /// What would be done is not what was approved, and this is carried out already.
    pub fn exceeded(path: &Path, excess: &Excess, published: &[&Codename]) -> Self {
        let shown = path.display();
        let message = match excess.beyond.is_empty() && excess.dangers.is_empty() {
            true => format!("the plan does less than the approved one in {shown}, and not --exact"),
            false => format!("the plan does more than the approved one in {shown}"),
        };
        Self::new("RM6020", message)
            .details(&difference(excess))
            .hint(format!("save it anew and have it approved: repoman plan --out {shown}"))
            .exit(exit::CONFLICT)
            .conclusion(match published {
                [] => "Nothing was written.".to_owned(),
                _ => format!("Published before: {}.", names(published)),
            })
    }

    /// A file is not a saved plan.
    pub fn not_a_plan(path: &Path, error: &ApprovedError) -> Self {
        let failure = Self::new("RM6021", format!("{} can't be applied", path.display()));
        let failure = failure.caused(error);
        match error {
            ApprovedError::Version(_) => {
                failure.hint("apply it with the version of repoman that saved it")
            }
            _ => failure.hint("`repoman plan --out FILE` saves one"),
        }
    }

    /// A saved plan is not for this repository or store.
    pub fn other_plan(path: &Path, what: &str, saved: &str, here: &str) -> Self {
        let shown = path.display();
        Self::new("RM6022", format!("{shown} is a plan for the {what} {saved}, not for {here}"))
            .hint("name the manifest that it was made from, by --file or --env")
    }
}

/// Returns what differs, a line for each address.
fn difference(excess: &Excess) -> Vec<String> {
    let beyond = excess.beyond.iter().map(line);
    let dangers = excess.dangers.iter().map(|id| format!("! {id}"));
    let missing =
        excess.missing.iter().map(|deed| format!("approved, and not done: {}", line(deed)));
    beyond.chain(dangers).chain(missing).collect()
}

fn names(published: &[&Codename]) -> String {
    published.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn line(deed: &Deed) -> String {
    let Deed { address, operation, content } = deed;
    match operation {
        Operation::Add => format!("+ {address}"),
        Operation::Remove => format!("- {address}"),
        Operation::Change => match content {
            Some(value) => format!("~ {address} \"{value}\""),
            None => format!("~ {address} nothing"),
        },
    }
}
