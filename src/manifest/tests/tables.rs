//! The tables beside sources: what they mean.

use super::*;
use crate::time::Span;

/// Parses the smallest manifest with more at its end, whether plans know that or not.
fn parsed(addition: &str) -> Parsed {
    judge(&format!("{SMALLEST}{addition}"), &[]).unwrap_or_else(|found| panic!("{found:#?}"))
}

#[test]
fn limits_have_defaults_of_their_own() {
    let limits = |addition: &str| parsed(addition).manifest.limits;
    assert_eq!(limits(""), Limits { remove_percent: 20, remove_at_least: 10 });
    let some = limits("[limits]\nremove_percent = 5\n");
    assert_eq!(some, Limits { remove_percent: 5, remove_at_least: 10 });
    let most = limits("[limits]\nremove_percent = 100\nremove_at_least = 0x10\n");
    assert_eq!(most, Limits { remove_percent: 100, remove_at_least: 16 });
}

#[test]
fn what_is_removed_is_known_by_its_address() {
    let text = "[removed]\nbuster = \"EOL\"\n\"bookworm/updates\" = \"never used\"\n\
                \"bookworm/*/i386\" = \"no machine left, #690\"\n";
    let removed = parsed(text).manifest.removed;
    let first = SMALLEST.lines().count() + 2;
    let reason = |text: &str, line| Reason { text: text.to_owned(), line };
    assert_eq!(removed["buster"], reason("EOL", first));
    assert_eq!(removed["bookworm/updates"], reason("never used", first + 1));
    assert_eq!(removed["bookworm/*/i386"], reason("no machine left, #690", first + 2));
    assert_eq!(removed.len(), 3);
}

#[test]
fn what_is_allowed_is_known_by_the_id_of_the_danger() {
    let ids = [
        "release-field:bookworm.label",
        "mass-removal:bookworm",
        "package-gone:bookworm/main/*/widget",
        "source-empty:widget",
        "older-manifest:4f1c2ab",
    ];
    let lines = ids.map(|id| format!("\"{id}\" = \"why {id}\"\n"));
    let allow = parsed(&format!("[allow]\n{}", lines.concat())).manifest.allow;
    for (index, id) in ids.iter().enumerate() {
        let line = SMALLEST.lines().count() + 2 + index;
        assert_eq!(allow[*id], Reason { text: format!("why {id}"), line });
    }
}

#[test]
fn a_release_that_is_valid_over_no_weekend_is_a_warning() {
    let text = |valid_for: &str| {
        SMALLEST.replace("components ", &format!("valid_for = \"{valid_for}\"\ncomponents "))
    };
    let Parsed { manifest, warnings } = judge(&text("47h"), &[]).unwrap();
    assert_eq!(manifest.distributions["bookworm"].valid_for, Some(Span::seconds(47 * 3600)));
    let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
    assert_eq!((warning.code, warning.severity), (code::VALIDITY, Severity::Warning));
    assert_eq!(judge(&text("2d"), &[]).unwrap().warnings, []);
}

#[test]
fn what_no_plan_acts_on_is_read_and_then_refused() {
    for (path, _) in UNPLANNED {
        let name = path.iter().map(|name| if *name == "*" { "bookworm" } else { name });
        let text = format!("{SMALLEST}[{}]\n", name.collect::<Vec<_>>().join("."));
        let problems = parse(&text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.code == code::NOT_YET), "{problems:#?}");
    }
}
