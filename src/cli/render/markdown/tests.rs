//! What Markdown promises, for plans of any content and size.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::escape::{code, cut, fenced, marked, prose};
use super::*;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::{
    Base, Cause, ChangedFile, Danger, DangerCode, DistributionPlan, Effect, FieldChange, Note,
    Operation, PackageChange, Reason,
};
use crate::report::{ManifestContext, SourceContext};

/// Names that others chose, with all that a renderer could trip over.
const HOSTILE: &str =
    "[|`<>@#!\\[\\]()*_~$&%:/.\\\\\n\r\t\u{1b}\u{202e}\u{2028}a-cGHw 0-9é-]{0,40}";

fn subject() -> Subject {
    let manifest = ManifestContext {
        path: "repo.toml".to_owned(),
        sha256: "0".repeat(64),
        git_commit: None,
        env: Some("prod".to_owned()),
    };
    let source = SourceContext {
        name: "build".to_owned(),
        present: false,
        files: 0,
        place: Some("dist | <b>".to_owned()),
        input: None,
    };
    Subject {
        context: PlanContext {
            tool: "repoman 0.1.0".to_owned(),
            repository: "acme-apt".to_owned(),
            manifest,
            store: "s3://acme-apt/debian".to_owned(),
            sources: vec![source],
        },
        clients: String::new(),
        against: None,
    }
}

fn version(epoch: usize, number: usize) -> String {
    format!("{epoch}:{number}.0~rc1+b2-3")
}

fn change(operation: Operation, number: usize, reason: Reason) -> PackageChange {
    let file = ChangedFile {
        architecture: "amd64".parse().unwrap(),
        key: format!("pool/{number}.deb"),
        size: 1_000_000,
        sha256: Sha256::of(b""),
    };
    PackageChange {
        operation,
        component: "main".parse().unwrap(),
        name: format!("package{}", number / 3).parse().unwrap(),
        version: version(if operation == Operation::Add { 2 } else { 1 }, number).parse().unwrap(),
        files: vec![file],
        reason,
        effect: Some(Effect::Gone { only: Vec::new() }),
        origins: BTreeMap::new(),
        difference: Vec::new(),
    }
}

fn danger(number: usize, text: &str) -> Danger {
    let codename = "bookworm".parse().unwrap();
    let address = format!("bookworm/main/*/package@{number}");
    let danger = Danger::new(DangerCode::PackageGone, &codename, &address, text.to_owned());
    danger.instead(text)
}

/// Returns a plan of so many additions, removals and dangers, with a text of somebody.
fn plan(additions: usize, removals: usize, dangers: usize, text: &str) -> Plan {
    let cause = || Cause { text: text.to_owned(), line: 7 };
    let added = (0..additions)
        .map(|number| change(Operation::Add, number, Reason::Offered(vec![text.to_owned()])));
    // Every third departure is a replacement.
    let removed = (0..removals).map(|number| {
        let replaced = number % 3 == 2;
        let operation = if replaced { Operation::Change } else { Operation::Remove };
        let difference = if replaced { vec![format!("+{text}")] } else { Vec::new() };
        PackageChange { difference, ..change(operation, number, Reason::Yanked(cause())) }
    });
    let field = FieldChange {
        field: "Label",
        before: Some(text.to_owned()),
        after: Some("Acme".to_owned()),
    };
    let distribution = DistributionPlan {
        fields: vec![field],
        packages: added.chain(removed).collect(),
        ..DistributionPlan::default()
    };
    let codename: Codename = "bookworm".parse().unwrap();
    Plan {
        id: Sha256::of(b"plan"),
        base: [(codename.clone(), Base { generation: 41, inrelease_sha256: Sha256::of(b"") })]
            .into(),
        distributions: [(codename, distribution)].into(),
        dangers: (0..dangers).map(|number| danger(number, text)).collect(),
        notes: vec![Note::Unused { table: "allow", key: text.to_owned(), line: 9 }],
        uploads: BTreeMap::new(),
        repairs: Vec::new(),
    }
}

/// Returns what is left of text once Markdown has been rendered.
fn rendered(escaped: &str) -> String {
    let mut out = String::new();
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once("&#") {
        let (number, behind) = after.split_once(';').unwrap();
        out += before;
        out.push(char::from_u32(number.parse().unwrap()).unwrap());
        rest = behind;
    }
    out + rest
}

/// Returns the lines of a document that stand in no block of code.
fn outside_blocks(document: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in document.lines() {
        match fence {
            Some(open) => fence = Some(open).filter(|open| line != *open),
            None if line.starts_with("```") => {
                fence = Some(line.trim_end_matches(|c: char| c != '`'))
            }
            None => lines.push(line),
        }
    }
    assert_eq!(fence, None, "{document}");
    lines
}

/// Asserts that neither Markdown nor the site behind it makes anything of a text.
fn is_inert(text: &str) {
    let loose = |c: char| "|<>`@![]*_~$%^\\{}:".contains(c) || c.is_control();
    assert!(!text.contains(loose), "{text:?}");
    let escapes = text.matches("&#").count();
    let bare = text.matches('&').count() + text.matches('#').count();
    assert_eq!(bare, 2 * escapes, "{text:?}");
    let text = rendered(text).to_lowercase();
    let follows = |sigil: &str| {
        text.split(sigil)
            .skip(1)
            .any(|rest| !rest.starts_with(['\u{200b}', ' ']) && !rest.is_empty())
    };
    for sigil in ["@", "#", "!", "~", "$", "%", "^"] {
        assert!(!follows(sigil), "{text:?} has {sigil}");
    }
    assert!(!text.contains("://") && !text.contains("www."), "{text:?}");
    let mut references = text.match_indices("gh-").map(|(at, _)| &text[at + 3..]);
    let is_reference = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    assert!(!references.any(|rest| is_reference(rest) && !text.contains("agh-")), "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn text_of_others_stays_text(text in prop_oneof![HOSTILE, "\\PC*", any::<String>()]) {
        is_inert(&prose(&text));
        let shown = code(&text);
        match shown.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            Some(inner) => {
                prop_assert_eq!(inner, &text);
                prop_assert!(!inner.contains(['`', '|', '\\', '\n']));
            }
            None => is_inert(&shown),
        }
        prop_assert_eq!(rendered(&prose(&text)).replace('\u{200b}', "").chars().count(),
            text.replace('\u{200b}', "").chars().count());
        prop_assert!(!marked(&text).contains(['>', '<', '\n']) && !marked(&text).contains("--"));
        let block = fenced("text", &text);
        let fence = block.split("text\n").next().unwrap();
        prop_assert_eq!(block.matches(fence).count(), 2, "{}", block);
        prop_assert!(cut(&text, 5).chars().count() <= 6);
    }

    #[test]
    fn no_content_breaks_a_table_or_opens_anything(text in HOSTILE) {
        let document = render(&plan(3, 3, 2, &text), &subject(), usize::MAX);
        let mut columns = None;
        for line in outside_blocks(&document) {
            let bars = line.matches('|').count();
            columns = (bars > 0).then(|| *columns.get_or_insert(bars));
            prop_assert_eq!(columns.unwrap_or(0), bars, "{}", line);
            // What stands in code is no markup.
            let open: String = line.split('`').step_by(2).collect();
            let known = ["<!-- repoman", "<details><summary>", "</details>", "<sub>"];
            let is_ours = known.iter().any(|tag| line.starts_with(tag));
            prop_assert!(!open.contains('<') || is_ours, "{}", line);
            prop_assert!(!open.contains('@') || line.starts_with("\"package-gone:"), "{}", line);
        }
        prop_assert!(!document.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn removals_and_dangers_stay_and_the_rest_fits(
        (additions, removals, dangers) in (0..120_usize, 0..60_usize, 0..12_usize),
        known in proptest::option::of((0..120_usize, 0..60_usize, 0..12_usize)),
        budget in 0..30_000_usize,
        text in HOSTILE,
    ) {
        let against = known.map(|(a, r, d)| Baseline::of(&plan(a, r, d, &text)));
        let plan = plan(additions, removals, dangers, &text);
        let against = against.map(|baseline| Against::new("origin/main", &baseline, &plan));
        let subject = Subject { against, ..subject() };
        let document = render(&plan, &subject, budget);
        let smallest = render(&plan, &subject, 0);
        prop_assert!(document.len() <= budget.max(smallest.len()));
        let whole = render(&plan, &subject, usize::MAX);
        prop_assert!(budget < whole.len() || document == whole);
        for number in 0..removals {
            let (name, version) = (format!("package{}", number / 3), version(1, number));
            let is_told = document.lines().any(|l| l.contains(&name) && l.contains(&version));
            prop_assert!(is_told, "{} {} in {}", name, version, document);
        }
        for danger in &plan.dangers {
            let (id, line) = (format!("`{}`", danger.id), format!("\"{}\" = \"why\"", danger.key()));
            prop_assert!(document.contains(&id) && document.contains(&line));
        }
    }
}

#[test]
fn a_plan_is_told_from_the_worst_to_the_least() {
    let plan = plan(2, 1, 1, "broken, see #412 by @ann");
    insta::assert_snapshot!(render(&plan, &subject(), 60_000).replace('\u{200b}', "<gap>"), @r#"
    <!-- repoman plan of=acme-apt env=prod -->
    ### `acme-apt` (`prod`): 2 packages to add, 1 to remove, 1 to change

    **Blocked: 1 danger needs a line in the manifest.**

    - `package-gone:bookworm/main/*/package@0` – broken, see &#35;<gap>412 by &#64;<gap>ann. Better: broken, see &#35;<gap>412 by &#64;<gap>ann

    To go ahead, add with the reason:

    ```toml
    [allow]
    "package-gone:bookworm/main/*/package@0" = "why"
    ```

    | Distribution | Component | Add | Remove | Change |
    |---|---|--:|--:|--:|
    | `bookworm`, generation 41 | | | | 1 |
    | | `main` | 2 (2.0 MB) | 1 |  |

    - `bookworm`: Label broken, see &#35;<gap>412 by &#64;<gap>ann → `Acme`

    **1 package version to remove**

    | From | Removed | Architectures | Why |
    |---|---|---|---|
    | `bookworm/main` | `package0` `1:0.0~rc1+b2-3` | `amd64` | &#91;yank&#93; line 7: broken, see &#35;<gap>412 by &#64;<gap>ann; no version is left to install |

    <details><summary>2 package versions to add</summary>

    | To | Added | Architectures | Size | From |
    |---|---|---|--:|---|
    | `bookworm/main` | `package0` `2:0.0~rc1+b2-3` | `amd64` | 1.0 MB | source.broken, see &#35;<gap>412 by &#64;<gap>ann; no version is left to install |
    | `bookworm/main` | `package0` `2:1.0~rc1+b2-3` | `amd64` | 1.0 MB | source.broken, see &#35;<gap>412 by &#64;<gap>ann; no version is left to install |

    </details>

    - note: line 9 of the manifest, &#96;broken, see &#35;<gap>412 by &#64;<gap>ann&#96; in &#91;allow&#93;, does nothing any more
    - note: source.build is not in this run (dist &#124; &#60;b&#62; does not exist)

    <sub>`repoman 0.1.0` · `repo.toml` · `s3://acme-apt/debian` · `plan 64879f7d6b96`</sub>
    "#);
}

#[test]
fn what_a_change_does_not_cause_stands_behind_it() {
    let text = "broken";
    let (plan, known) = (plan(1, 2, 1, text), plan(0, 1, 1, text));
    let against = Against::new("origin/main", &Baseline::of(&known), &plan);
    let subject = Subject { against: Some(against), ..subject() };
    let document = render(&plan, &subject, usize::MAX);
    let title = "`acme-apt` (`prod`): 1 package to add, 1 to remove, 0 to change";
    assert!(document.contains(title), "{document}");
    let (own, anyway) = document.split_once("<summary>Would happen anyway").unwrap();
    assert!(own.contains(&version(1, 1)) && !own.contains(&version(1, 0)), "{own}");
    assert!(own.contains("package@0` (`origin/main` has it, too)"), "{own}");
    assert!(anyway.contains(&version(1, 0)) && anyway.contains("Label"), "{anyway}");
    let smallest = render(&plan, &subject, 0);
    assert!((0..2).all(|number| smallest.contains(&version(1, number))), "{smallest}");
    let same = Against::new("origin/main", &Baseline::of(&plan), &plan);
    let document = render(&plan, &Subject { against: Some(same), ..subject }, usize::MAX);
    assert!(document.contains(": nothing that `origin/main` would not do\n"), "{document}");
}

#[test]
fn with_less_room_removals_lose_their_reasons_and_then_their_lines() {
    let plan = plan(2, 4, 0, "too long");
    let whole = render(&plan, &subject(), usize::MAX);
    let counted = render(&plan, &subject(), whole.len() - 1);
    assert!(counted.contains("2 package versions to add in all") && counted.contains("too long"));
    let terse = render(&plan, &subject(), counted.len() - 1);
    assert!(terse.contains("| `bookworm/main` | `package1` `1:3.0~rc1+b2-3` |"), "{terse}");
    let bare = render(&plan, &subject(), 0);
    assert!(bare.contains("\nbookworm/main package1 1:3.0~rc1+b2-3\n"), "{bare}");
    assert!(bare.len() < terse.len() && terse.len() < counted.len());
}

#[test]
fn a_failure_is_marked_like_the_plan_that_it_replaces() {
    let report = "error[RM1004]: `x86_64`\n".repeat(100);
    let text = failed("acme-apt", Some("prod"), &report, 1000);
    let plan = render(&plan(0, 0, 0, ""), &subject(), 0);
    assert_eq!(text.lines().next(), plan.lines().next());
    assert!(text.len() <= 1000 && text.ends_with("The log has more.\n"), "{text}");
}
