//! What a person sees, whole: a transcript for each kind of answer.
//!
//! Keys, digests, paths and times differ from run to run, and are replaced by ones of the same
//! length. All else has to stay as it is until somebody looks at it and accepts the change.

use std::fs;
use std::path::Path;

use crate::command_line::on_a_terminal;
use crate::support::{Deb, Manifest, Run, TestKey, TestRepo, tree};

/// Stands for the fingerprint of the test key.
const FINGERPRINT: &str = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E";

/// Returns what a command printed and how it ended, with all that differs from run to run replaced.
fn transcript<const N: usize>(repo: &TestRepo, arguments: [&str; N]) -> String {
    let run = repo.repoman(arguments);
    let said =
        if run.stderr.is_empty() { String::new() } else { format!("--- stderr\n{}", run.stderr) };
    let line = format!("$ repoman {}", arguments.join(" "));
    format!("{line}\n{}{}--- exit {}", settled(repo, &run.stdout), settled(repo, &said), run.code)
}

/// Returns text with all that differs from run to run replaced.
fn settled(repo: &TestRepo, text: &str) -> String {
    let work = repo.path("").display().to_string();
    let text = text.replace(&TestKey::shared().fingerprint, FINGERPRINT);
    let text = text.replace('\r', "").replace(work.trim_end_matches('/'), "/srv");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let (length, shown) = replaced(rest).unwrap_or((c.len_utf8(), c.to_string()));
        // What is inside a longer word is no time and no digest.
        let is_inside = out.ends_with(|c: char| c.is_alphanumeric());
        let (length, shown) =
            if is_inside { (c.len_utf8(), c.to_string()) } else { (length, shown) };
        out += &shown;
        rest = &rest[length..];
    }
    out
}

/// Returns how much of a text differs from run to run, and what stands for it.
fn replaced(text: &str) -> Option<(usize, String)> {
    let digest = text.len()
        - text.trim_start_matches(|c: char| c.is_ascii_digit() || ('a'..='f').contains(&c)).len();
    if digest >= 12 {
        return Some((digest, "3f2a91c04be7d815".chars().cycle().take(digest).collect()));
    }
    let fits = |form: &str| {
        let matches =
            |(c, form): (char, char)| if form == '0' { c.is_ascii_digit() } else { c == form };
        text.len() >= form.len() && text.chars().zip(form.chars()).all(matches)
    };
    let forms = [
        ("0000-00-00", "2026-11-20"),
        ("00:00:00", "12:01:07"),
        ("00:00 UTC", "12:01 UTC"),
        ("0.0s", "0.4s"),
        ("00.0s", "0.4s"),
    ];
    forms
        .into_iter()
        .find(|(form, _)| fits(form))
        .map(|(form, shown)| (form.len(), shown.to_owned()))
}

/// Returns a repository with two packages to publish, each for two architectures.
fn unpublished() -> TestRepo {
    let repo = TestRepo::new();
    for name in ["libwidget1", "widget"] {
        build(&repo, name, "1.4.1-1");
    }
    repo
}

fn build(repo: &TestRepo, name: &str, version: &str) {
    for architecture in ["amd64", "arm64"] {
        repo.build(&Deb::new(name, version, architecture));
    }
}

fn published() -> TestRepo {
    let repo = unpublished();
    repo.apply();
    repo
}

fn with(more: &str) -> String {
    format!("{}\n{more}", Manifest::default().to_text())
}

#[test]
fn the_first_plan() {
    insta::assert_snapshot!(transcript(&unpublished(), ["plan"]), @r#"
    $ repoman plan
    repoman 0.1.0   repo.toml   file://repo

    Nothing is published here yet; this plan creates the repository.

    bookworm                                                      new distribution
      + Release    Origin Acme · Suite stable · Codename bookworm
                   Architectures amd64 arm64 · Components main
                   Index files gzip xz
      + signed by  9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E
      main
        + libwidget1  1.4.1-1  amd64 arm64    1.4 kB  source.build
        + widget      1.4.1-1  amd64 arm64    1.3 kB  source.build

    Plan: 1 distribution, 2 packages (4 files) to add, 0 to remove, 0 to change.
          Uploads 4 package files (2.7 kB), 4 index files, then the Release files.

    Clients will use:
      Types: deb
      URIs: file:/srv/repo
      Suites: bookworm
      Components: main
      Signed-By: /usr/share/keyrings/acme-apt.asc
    --- stderr
    12:01:07 read     4 package files
    --- exit 0
    "#);
}

#[test]
fn a_plan_that_yanks_and_upgrades() {
    let repo = published();
    fs::copy(repo.path("repo.toml"), repo.path("main.toml")).unwrap();
    build(&repo, "widget", "1.4.2-1");
    repo.build(&Deb::new("gadget", "2.0", "amd64"));
    repo.write_manifest(&with(
        "[yank.widget]\n\"1.4.1-1\" = \"corrupts config on upgrade, #412\"\n",
    ));
    insta::assert_snapshot!(transcript(&repo, ["plan"]), @r#"
    $ repoman plan
    repoman 0.1.0   repo.toml   file://repo

    bookworm                                                          generation 1
      main
        + gadget  2.0      amd64           662 B  source.build
        + widget  1.4.2-1  amd64 arm64    1.3 kB  source.build
            clients upgrade 1.4.1-1 → 1.4.2-1
        - widget  1.4.1-1  amd64 arm64            [yank] line 28
            corrupts config on upgrade, #412

    Plan: 2 packages (3 files) to add, 1 to remove, 0 to change.
          Uploads 3 package files (2.0 kB), 4 index files, then the Release files.
    --- stderr
    12:01:07 read     7 package files
    --- exit 0
    "#);
    insta::assert_snapshot!(transcript(&repo, ["plan", "--base", "main.toml"]), @r#"
    $ repoman plan --base main.toml
    repoman 0.1.0   repo.toml   file://repo

    bookworm                                                          generation 1
      main
        - widget  1.4.1-1  amd64 arm64            [yank] line 28
            corrupts config on upgrade, #412

    Plan: 0 to add, 1 to remove, 0 to change.
          No package files to upload, 4 index files, then the Release files.
    Would happen anyway (not caused by this change): 2 packages to add. -v shows what.
    --- stderr
    12:01:07 read     7 package files
    --- exit 0
    "#);
}

#[test]
fn a_plan_without_changes() {
    insta::assert_snapshot!(transcript(&published(), ["plan", "--exit-code"]), @r#"
    $ repoman plan --exit-code
    repoman 0.1.0   repo.toml   file://repo

    No changes: what is published is what the manifest declares.
    --- stderr
    12:01:07 read     4 package files
    --- exit 0
    "#);
}

#[test]
fn a_blocked_plan() {
    let repo = published();
    repo.write_manifest(&Manifest::default().to_text().replace("\"Acme\"", "\"Acme Inc\""));
    insta::assert_snapshot!(transcript(&repo, ["plan"]), @r#"
    $ repoman plan
    repoman 0.1.0   repo.toml   file://repo

    bookworm                                                          generation 1
      ~ Origin       "Acme" → "Acme Inc"

    Plan: 0 to add, 0 to remove, 1 to change.
          No package files to upload, 0 index files, then the Release files.

    BLOCKED – 1 danger needs a line in the manifest
      ! release-field:bookworm.origin
        apt-get update fails on every client until an administrator confirms
        Better: put the published Origin back
        To go ahead:                    [allow]
                                        "release-field:bookworm.origin" = "why"
    --- stderr
    12:01:07 read     4 package files
    error[RM7001]: the plan is blocked by 1 danger
    Nothing was written.
    --- exit 3
    "#);
}

#[test]
fn a_plan_that_removes_a_distribution() {
    let two = |sources: &str| {
        let manifest = Manifest::default();
        let buster = manifest.distributions.replace("bookworm", "buster").replace("stable", "old");
        let distributions = format!("{}\n\n{buster}", manifest.distributions);
        let sources = sources.to_owned();
        Manifest { distributions, sources, ..manifest }.to_text()
    };
    let repo = unpublished();
    repo.write_manifest(&two("[source.build]\npath = \"dist/*.deb\"\nto = \"*/main\""));
    repo.apply();
    repo.write_manifest(&Manifest::default().to_text());
    insta::assert_snapshot!(transcript(&repo, ["plan"]), @r#"
    $ repoman plan
    repoman 0.1.0   repo.toml   file://repo

    buster                                                    distribution removed
      - 2 packages (2 versions, 4 files) in 1 component

    Plan: 0 to add, 2 to remove with 1 distribution, 0 to change.
          No package files to upload, 0 index files, then the Release files.

    BLOCKED – 1 danger needs a line in the manifest
      ! dist-removed:buster
        clients with `Suites: buster` lose all of its packages, and apt-get update warns them
        Better: put [distribution.buster] back
        To go ahead:                    [removed]
                                        "buster" = "why"
    --- stderr
    12:01:07 read     4 package files
    error[RM7001]: the plan is blocked by 1 danger
    Nothing was written.
    --- exit 3
    "#);
    insta::assert_snapshot!(transcript(&repo, ["plan", "--markdown"]), @r#"
    $ repoman plan --markdown
    <!-- repoman plan of=acme-apt -->
    ### `acme-apt`: 0 packages to add, 2 to remove with 1 distribution, 0 to change

    **Blocked: 1 danger needs a line in the manifest.**

    - `dist-removed:buster` – clients with &#96;Suites&#58; buster&#96; lose all of its packages, and apt-get update warns them. Better: put &#91;distribution.buster&#93; back

    To go ahead, add with the reason:

    ```toml
    [removed]
    "buster" = "why"
    ```

    | Distribution | Component | Add | Remove | Change |
    |---|---|--:|--:|--:|
    | **`buster`, removed** | | | |  |
    | | `main` |  | 2 |  |

    **2 package versions to remove**

    | From | Removed | Architectures | Why |
    |---|---|---|---|
    | `buster/main` | `libwidget1` `1.4.1-1` | `amd64` `arm64` | not declared any more; no version is left to install |
    | `buster/main` | `widget` `1.4.1-1` | `amd64` `arm64` | not declared any more; no version is left to install |

    <sub>`repoman 0.1.0` · `repo.toml` · `file://repo` · `plan 3f2a91c04be7`</sub>
    --- stderr
    12:01:07 read     4 package files
    error[RM7001]: the plan is blocked by 1 danger
    Nothing was written.
    --- exit 3
    "#);
    repo.write_manifest(&with("[removed]\nbuster = \"no machine left\"\n"));
    let typed = Run::with_input(&mut on_a_terminal(&repo, "apply"), "acme-apt\n").ok();
    insta::assert_snapshot!(settled(&repo, &typed.stdout), @r#"
    12:01:07 read     4 package files
    repoman 0.1.0   repo.toml   file://repo

    buster                                                    distribution removed
      - 2 packages (2 versions, 4 files) in 1 component

    Plan: 0 to add, 2 to remove with 1 distribution, 0 to change.
          No package files to upload, 0 index files, then the Release files.
    Accepted: dist-removed:buster (no machine left)
    Dangers are accepted. Type the repository's name (acme-apt): 12:01:07 index    buster 4 files
    12:01:07 swap     buster generation 1 → 2
    12:01:07 verify   buster generation 2 reads back as written
    ✓ 0 added, 2 removed, 0 uploaded; buster is removed, by generation 2.
    Applied in 0.4s.
    "#);
}

#[test]
fn a_promotion() {
    let manifest = |promotion: &str| {
        let distribution = Manifest::default().distributions;
        let trixie = distribution.replace("bookworm", "trixie").replace("stable", "testing");
        let sources = "[source.build]\npath = \"dist/*.deb\"\nto = \"trixie/main\"\n\n[source.to-stable]\n\
                       distribution = \"trixie/main\"\nto = \"bookworm/main\"\n";
        let distributions = format!("{distribution}\n\n{trixie}");
        let sources = format!("{sources}{promotion}");
        Manifest { distributions, sources, ..Manifest::default() }.to_text()
    };
    let first = manifest("packages = { widget = \"1.4.1-1\" }");
    let repo = TestRepo::new();
    repo.write_manifest(&first);
    build(&repo, "widget", "1.4.1-1");
    repo.apply();
    build(&repo, "widget", "1.4.2-1");
    repo.apply();
    fs::write(repo.path("main.toml"), first).unwrap();
    let soaking = manifest("soak = \"7d\"\npackages = { widget = \">= 1.4.2\" }\n");
    repo.write_manifest(&soaking);
    insta::assert_snapshot!(transcript(&repo, ["plan"]), @r#"
    $ repoman plan
    repoman 0.1.0   repo.toml   file://repo

    note: source.to-stable waits in trixie/main for widget 1.4.2-1 (there since 2026-11-20 12:01 UTC) until 2026-11-20 12:01 UTC

    No changes: what is published is what the manifest declares.
    --- stderr
    12:01:07 read     4 package files
    --- exit 0
    "#);
    let yank = "\n[yank.widget]\n\
                \"1.4.1-1\" = { reason = \"corrupts config on upgrade, #412\", from = \"bookworm\" }\n";
    repo.write_manifest(&format!("{soaking}{yank}"));
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(9 * 24 + 1);
    let now = now.to_string();
    let plan = transcript(&repo, ["plan", "--base", "main.toml", "--now", &now]);
    insta::assert_snapshot!(plan.replace(&now, "2026-11-29T13:01:07Z"), @r#"
    $ repoman plan --base main.toml --now 2026-11-29T13:01:07Z
    repoman 0.1.0   repo.toml   file://repo

    bookworm                                                          generation 1
      main
        + widget  1.4.2-1  amd64 arm64    1.3 kB  source.to-stable ← trixie, soaked 9d
            clients upgrade 1.4.1-1 → 1.4.2-1
        - widget  1.4.1-1  amd64 arm64            [yank] line 40
            corrupts config on upgrade, #412

    Plan: 1 package (2 files) to add, 1 to remove, 0 to change.
          No package files to upload, 4 index files, then the Release files.
    --- stderr
    12:01:07 read     4 package files
    --- exit 0
    "#);
}

#[test]
fn why_a_version_stays_or_leaves() {
    let repo = published();
    build(&repo, "widget", "1.4.2-1");
    repo.apply();
    build(&repo, "widget", "1.4.3-1");
    repo.write_manifest(&with("[retain]\nversions = 2\n"));
    insta::assert_snapshot!(transcript(&repo, ["explain", "bookworm/main/*/widget"]), @r#"
    $ repoman explain bookworm/main/*/widget
    bookworm/main   widget
    version  architectures  published    kept because
    1.4.3-1  amd64 arm64    (this plan)  newest · versions 1/2
    1.4.2-1  amd64 arm64    2026-11-20   versions 2/2
    1.4.1-1  amd64 arm64    2026-11-20   – removed by this plan: nothing in [retain], line 27, keeps it
    --- stderr
    12:01:07 read     8 package files
    --- exit 0
    "#);
    insta::assert_snapshot!(transcript(&repo, ["explain", "RM1023"]), @r#"
    $ repoman explain RM1023
    RM1023: `all` is implied

    Packages of the architecture `all` are listed in the index of every architecture, as apt expects; it
    is not an architecture of its own here.
    --- exit 0
    "#);
}

#[test]
fn drift() {
    let repo = published();
    insta::assert_snapshot!(transcript(&repo, ["drift"]), @r#"
    $ repoman drift
    ✓ file://repo   bookworm generation 1: no drift in 23 objects, 5 index files, 4 package files.
    --- exit 0
    "#);
    let pool = tree::files(&repo.store().join("pool"));
    let lost = pool.iter().find(|key| key.ends_with("/widget_1.4.1-1_arm64.deb")).unwrap();
    fs::remove_file(repo.store().join("pool").join(lost)).unwrap();
    fs::write(repo.store().join("dists/bookworm/Release.gpg"), "no signature").unwrap();
    insta::assert_snapshot!(transcript(&repo, ["drift"]), @r#"
    $ repoman drift
    file://repo   bookworm generation 1
    breaking
      pool/w/widget/3f2a91c04be7d815/widget_1.4.1-1_arm64.deb  missing  listed in bookworm/main/arm64
    cosmetic
      dists/bookworm/  copies-behind  Release.gpg is no signature of the Release beside it: not signed as apt accepts it: it doesn't begin with an armored signature; apply makes up for it
    Drift: 1 breaking, 1 cosmetic. Looked at 22 objects, 5 index files, 4 package files.
    `repoman apply --repair` uploads package files again that a source still has.
    --- exit 2
    "#);
}

#[test]
fn mistakes_in_the_manifest() {
    let repo = TestRepo::new();
    let text = Manifest::default().to_text();
    repo.write_manifest(&text.replace("\"arm64\"", "\"aarch64\"").replace("origin", "orgin"));
    insta::assert_snapshot!(transcript(&repo, ["check"]), @r#"
    $ repoman check
    --- stderr
    error[RM1002]: `[repository]` has no key `orgin`
       ╭─[repo.toml:5:1]
     4 │ name = "acme-apt"
     5 │ orgin = "Acme"
       · ──┬──
       ·   ╰── did you mean `origin`?
     6 │ 
       ╰────

    error[RM1004]: `aarch64` is not a Debian architecture
        ╭─[repo.toml:21:27]
     20 │ components = ["main"]
     21 │ architectures = ["amd64", "aarch64"]
        ·                           ────┬────
        ·                               ╰── Debian calls this "arm64"
     22 │ 
        ╰────
      help: architectures = ["amd64", "arm64"]

    2 errors in repo.toml. Nothing was contacted. `repoman explain RM1002` says more.
    --- exit 1
    "#);
    insta::assert_snapshot!(transcript(&repo, ["--ascii", "check"]), @r#"
    $ repoman --ascii check
    --- stderr
    error[RM1002]: `[repository]` has no key `orgin`
       ,-[repo.toml:5:1]
     4 | name = "acme-apt"
     5 | orgin = "Acme"
       : ^^|^^
       :   `-- did you mean `origin`?
     6 | 
       `----

    error[RM1004]: `aarch64` is not a Debian architecture
        ,-[repo.toml:21:27]
     20 | components = ["main"]
     21 | architectures = ["amd64", "aarch64"]
        :                           ^^^^|^^^^
        :                               `-- Debian calls this "arm64"
     22 | 
        `----
      help: architectures = ["amd64", "arm64"]

    2 errors in repo.toml. Nothing was contacted. `repoman explain RM1002` says more.
    --- exit 1
    "#);
}

#[test]
fn an_apply_in_a_log() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.4.2-1", "amd64"));
    insta::assert_snapshot!(transcript(&repo, ["apply"]), @r#"
    $ repoman apply
    --- stderr
    12:01:07 read     1 package file
    repoman 0.1.0   repo.toml   file://repo

    Nothing is published here yet; this plan creates the repository.

    bookworm                                                      new distribution
      + Release    Origin Acme · Suite stable · Codename bookworm
                   Architectures amd64 arm64 · Components main
                   Index files gzip xz
      + signed by  9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E
      main
        + widget  1.4.2-1  amd64     668 B  source.build

    Plan: 1 distribution, 1 package (1 file) to add, 0 to remove, 0 to change.
          Uploads 1 package file (668 B), 4 index files, then the Release files.

    Clients will use:
      Types: deb
      URIs: file:/srv/repo
      Suites: bookworm
      Components: main
      Signed-By: /usr/share/keyrings/acme-apt.asc
    error[RM6001]: nobody is there to confirm the plan: this is no terminal
      help: pass --yes to apply without asking
    --- exit 1
    "#);
    insta::assert_snapshot!(transcript(&repo, ["apply", "--yes"]), @r#"
    $ repoman apply --yes
    --- stderr
    12:01:07 read     1 package file
    repoman 0.1.0   repo.toml   file://repo

    Nothing is published here yet; this plan creates the repository.

    bookworm                                                      new distribution
      + Release    Origin Acme · Suite stable · Codename bookworm
                   Architectures amd64 arm64 · Components main
                   Index files gzip xz
      + signed by  9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E
      main
        + widget  1.4.2-1  amd64     668 B  source.build

    Plan: 1 distribution, 1 package (1 file) to add, 0 to remove, 0 to change.
          Uploads 1 package file (668 B), 4 index files, then the Release files.

    Clients will use:
      Types: deb
      URIs: file:/srv/repo
      Suites: bookworm
      Components: main
      Signed-By: /usr/share/keyrings/acme-apt.asc
    12:01:07 upload   widget_1.4.2-1_amd64.deb 668 B
    12:01:07 index    bookworm 8 files
    12:01:07 swap     bookworm generation 1
    12:01:07 verify   bookworm generation 1 reads back as written
    ✓ 1 added, 0 removed, 1 uploaded; bookworm is at generation 1.
    Clients download once:
      file:/srv/repo/acme-apt.asc
      file:/srv/repo/acme-apt.sources
    Applied in 0.4s.
    --- exit 0
    "#);
}

#[test]
fn an_apply_on_a_terminal() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.4.2-1", "amd64"));
    let run = Run::with_input(&mut on_a_terminal(&repo, "apply"), "y\n").ok();
    insta::assert_snapshot!(settled(&repo, &run.stdout), @r#"
    12:01:07 read     1 package file
    repoman 0.1.0   repo.toml   file://repo

    Nothing is published here yet; this plan creates the repository.

    bookworm                                                      new distribution
      + Release    Origin Acme · Suite stable · Codename bookworm
                   Architectures amd64 arm64 · Components main
                   Index files gzip xz
      + signed by  9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E
      main
        + widget  1.4.2-1  amd64     668 B  source.build

    Plan: 1 distribution, 1 package (1 file) to add, 0 to remove, 0 to change.
          Uploads 1 package file (668 B), 4 index files, then the Release files.

    Clients will use:
      Types: deb
      URIs: file:/srv/repo
      Suites: bookworm
      Components: main
      Signed-By: /usr/share/keyrings/acme-apt.asc
    Apply to file://repo? [y/N] 12:01:07 upload   widget_1.4.2-1_amd64.deb 668 B
    12:01:07 index    bookworm 8 files
    12:01:07 swap     bookworm generation 1
    12:01:07 verify   bookworm generation 1 reads back as written
    ✓ 1 added, 0 removed, 1 uploaded; bookworm is at generation 1.
    Clients download once:
      file:/srv/repo/acme-apt.asc
      file:/srv/repo/acme-apt.sources
    Applied in 0.4s.
    "#);
}

#[test]
fn what_differs_from_run_to_run_is_replaced_and_nothing_else() {
    let repo = TestRepo::new();
    let path = repo.path("repo").display().to_string();
    assert!(Path::new(&path).is_absolute());
    let text =
        format!("{path}/pool/0123456789abcdef/a 2031-01-02 23:59:59 in 1.2s. 1.4.1-1 660 B\r\n");
    let shown = "/srv/repo/pool/3f2a91c04be7d815/a 2026-11-20 12:01:07 in 0.4s. 1.4.1-1 660 B\n";
    assert_eq!(settled(&repo, &text), shown);
}
