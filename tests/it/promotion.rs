//! Promotion: what one distribution has, another one gets; from the line in the manifest to apt.

use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust};

/// Creates a repository of two distributions whose packages are built for trixie, with these lines in
/// the source that promotes them.
fn repo_with(lines: &str) -> TestRepo {
    let distribution = |codename: &str| {
        format!(
            "[distribution.{codename}]\ncomponents = [\"main\"]\narchitectures = [\"amd64\", \"arm64\"]\n"
        )
    };
    let promotion = match lines {
        "" => String::new(),
        lines => format!(
            "\n\n[source.to-stable]\ndistribution = \"trixie/main\"\nto = \"bookworm/main\"\n{lines}"
        ),
    };
    TestRepo::with(&Manifest {
        distributions: distribution("bookworm") + &distribution("trixie"),
        sources: format!("[source.build]\npath = \"dist/*.deb\"\nto = \"trixie/main\"{promotion}"),
        ..Manifest::default()
    })
}

fn build(repo: &TestRepo, version: &str) {
    for architecture in ["amd64", "arm64"] {
        repo.build(&Deb::new("widget", version, architecture));
    }
}

/// Returns the time so many days from now, as `--now` takes it.
fn in_days(days: i64) -> String {
    let now = jiff::Timestamp::now();
    (now + jiff::SignedDuration::from_hours(24 * days + 1)).to_string()
}

#[test]
fn a_version_is_promoted_by_one_line_and_apt_sees_it() {
    let repo = repo_with("");
    build(&repo, "1.4.1-1");
    repo.apply();
    let server = FileServer::start(&repo.store());
    let key = TestKey::shared();
    let client = AptClient::of(&server.url(), "bookworm", "main", Trust::Key(&key.public));
    client.update();
    assert_eq!(client.candidate("widget"), None);

    let promote = |version| {
        let route = ["--from", "trixie/main", "--to", "bookworm/main"];
        repo.repoman(["promote", "widget", version, route[0], route[1], route[2], route[3]])
    };
    promote("1.4.1-1").ok().says(["+[source.to-bookworm.packages]", "+widget = \"1.4.1-1\""]);
    let pool = repo.pool();
    let plan = repo.repoman(["plan"]).ok();
    plan.says(["bookworm", "+ widget  1.4.1-1  amd64 arm64", "source.to-bookworm ← trixie\n"])
        .says(["1 package (2 files) to add", "No package files to upload"]);
    repo.apply();
    assert_eq!(repo.pool(), pool);
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.4.1-1"));
    client.download(&["widget"]);
    repo.repoman(["plan", "--exit-code"]).ok();

    // A new version stays where it was built until the line says so; both at once is fine, too.
    build(&repo, "1.4.2-1");
    promote("1.4.2-1").ok().says(["-widget = \"1.4.1-1\"", "+widget = \"1.4.2-1\""]);
    let json = repo.repoman(["plan", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let actions = json["actions"].as_array().unwrap();
    let to_bookworm = actions.iter().find(|a| a["address"] == "bookworm/main/*/widget@1.4.2-1");
    assert_eq!(to_bookworm.unwrap()["promoted"]["to-bookworm"]["from"], "trixie/main");
    repo.apply().says(["clients upgrade 1.4.1-1 → 1.4.2-1"]);
    repo.repoman(["plan", "--exit-code"]).ok();
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.4.2-1"));
    repo.repoman(["query", "widget"]).ok().says(["to-bookworm"]);
    repo.repoman(["drift"]).ok();
}

#[test]
fn what_soaks_is_told_with_the_time_at_which_it_will_be_promoted() {
    let repo = repo_with("soak = \"7d\"\npackages = { widget = \"1.4.2-1\" }");
    build(&repo, "1.4.2-1");
    repo.apply();
    let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 7);
    let until = format!("until {}", day.strftime("%Y-%m-%d"));
    let plan = repo.repoman(["plan", "--exit-code"]).ok();
    plan.says(["source.to-stable waits in trixie/main for widget 1.4.2-1 (there since", &until]);
    let explained = repo.repoman(["explain", "bookworm/main/*/widget"]).ok();
    explained.says(["1.4.2-1  amd64 arm64", "source.to-stable waits for it until"]);
    let plan = repo.repoman(["plan", "--now", &in_days(9)]).ok();
    plan.says(["+ widget  1.4.2-1", "source.to-stable ← trixie, soaked 9d"]);
}

#[test]
fn a_version_that_is_not_there_is_told_with_the_nearest() {
    let repo = repo_with("packages = { widget = \"1.4.3-1\", wigdet = \"1.0\" }");
    build(&repo, "1.4.1-1");
    build(&repo, "1.4.2-1");
    let plan = repo.apply();
    plan.says(["trixie/main has no widget (1.4.3-1); the nearest there: 1.4.2-1, 1.4.1-1"])
        .says(["trixie/main has no wigdet (1.0); the nearest there: widget"]);
}

#[test]
fn a_promotion_to_itself_is_refused_before_it_is_written() {
    let repo = repo_with("");
    let run =
        repo.repoman(["promote", "widget", "1", "--from", "trixie/main", "--to", "trixie/main"]);
    run.exits(1).says(["error[RM1052]", "trixie/main → trixie/main", "Nothing was written."]);
}

#[test]
fn a_mirror_takes_back_what_is_withdrawn_where_it_takes_from() {
    let repo = repo_with("mode = \"mirror\"");
    repo.repoman(["plan"]).exits(1).says(["error[RM2011]", "trixie/main", "allow_empty"]);
    build(&repo, "1.0");
    build(&repo, "1.1");
    repo.apply();
    let yank = "\n[yank.widget]\n\"1.1\" = { reason = \"loses data, #8\", from = \"trixie\" }\n";
    let text = std::fs::read_to_string(repo.path("repo.toml")).unwrap();
    repo.write_manifest(&format!("{text}{yank}"));
    let plan = repo.repoman(["plan"]).exits(3);
    let plan = plan.says(["gone from source.to-stable", "! newest-lowered:bookworm/main/*/widget"]);
    plan.says(["2 to remove", "1 danger"]);
    repo.repoman(["apply", "--yes", "--allow", "newest-lowered:bookworm/main/*/widget"]).ok();
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn another_build_of_a_promoted_version_blocks_the_plan_or_stays() {
    let repo = repo_with("packages = [\"widget\"]");
    build(&repo, "1.0");
    let text = std::fs::read_to_string(repo.path("repo.toml")).unwrap();
    let backport = "\n[source.backport]\npath = \"backport/*.deb\"\nto = \"bookworm/main\"\n";
    let own = Deb::new("widget", "1.0", "amd64").content("for bookworm\n");
    own.write_to(&repo.path("backport"));
    let apart = text.replace("packages = [\"widget\"]", "packages = [\"gadget\"]");
    repo.write_manifest(&format!("{apart}{backport}"));
    repo.apply();

    repo.write_manifest(&format!("{text}{backport}"));
    let run = repo.repoman(["plan"]).exits(1);
    run.says(["error[RM3002]", "of trixie/main", "backport/widget_1.0_amd64.deb"]);
    repo.write_manifest(&text);
    repo.repoman(["plan"]).exits(3).says(["! content-changed:bookworm/main/amd64/widget@1.0"]);
    let kept = text.replace("packages =", "on_conflict = \"keep\"\npackages =");
    repo.write_manifest(&format!("{kept}{backport}"));
    repo.apply().says(["keeps what is published", "widget  1.0  arm64"]);
    repo.repoman(["plan", "--exit-code"]).ok();
}
