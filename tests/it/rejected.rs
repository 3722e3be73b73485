//! Packages that are refused: each with its reason, all in one run, and nothing is written.

use std::fs;

use crate::support::deb::{container, tar_gz, with_control};
use crate::support::{Deb, Manifest, TestRepo, tree};

/// Returns the control file of a good package with one text replaced.
fn control(from: &str, to: &str) -> Vec<u8> {
    let deb = Deb::new("widget", "1.0", "amd64").field("Depends", "libc6");
    let text = deb.control();
    assert!(text.contains(from), "{text}");
    with_control(&text.replace(from, to), &empty_tar())
}

fn empty_tar() -> Vec<u8> {
    tar_gz(&[("./", None)])
}

/// Returns packages that no client could install safely: file name, bytes, and part of the reason.
fn bad_packages() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = Deb::new("widget", "1.0", "amd64");
    let bytes = good.to_bytes();
    let text = good.control();
    let control_tar = tar_gz(&[("./", None), ("./control", Some(text.as_bytes()))]);
    let escaping = tar_gz(&[("./control", Some(text.as_bytes())), ("../evil", Some(b"x"))]);
    let two = tar_gz(&[("./control", Some(text.as_bytes())), ("control", Some(b"x"))]);
    let format = ("debian-binary", &b"2.0\n"[..]);
    let (control_member, data) = ("control.tar.gz", empty_tar());
    let data = ("data.tar.gz", &*data);
    vec![
        ("empty", Vec::new(), "no ar archive"),
        ("text", b"<html>404</html>".to_vec(), "no ar archive"),
        ("cut", bytes[..bytes.len() / 2].to_vec(), "truncated"),
        ("no-data", container(&[format, (control_member, &control_tar)]), "no member data.tar"),
        (
            "format-3",
            container(&[("debian-binary", b"3.0\n"), (control_member, &control_tar), data]),
            "the first line is not '2.'",
        ),
        ("escaping", container(&[format, (control_member, &escaping), data]), "contains '..'"),
        ("two-controls", container(&[format, (control_member, &two), data]), "more than one file"),
        (
            "more-behind",
            container(&[format, (control_member, &control_tar), data, ("more", b"x")]),
            "'more'",
        ),
        (
            "mislabelled",
            container(&[format, ("control.tar.xz", &control_tar), data]),
            "cannot be unpacked",
        ),
        ("name", control("Package: widget", "Package: Widget"), "Package"),
        ("version", control("Version: 1.0", "Version: one"), "Version"),
        ("architecture", control("Architecture: amd64", "Architecture: any"), "Architecture"),
        ("no-maintainer", control("Maintainer: Test <test@example.org>\n", ""), "Maintainer"),
        ("twice", control("Depends: libc6\n", "Depends: libc6\nDEPENDS: x\n"), "twice"),
        ("bell", control("Nobody needs it", "Nobody \x07 needs it"), "control character"),
        ("two-stanzas", control("Depends: libc6\n", "\nPackage: evil\n"), "stanza"),
        ("relation", control("libc6", "libc6 (>= )"), "Depends"),
        ("restriction", control("libc6", "libc6 [amd64]"), "Depends"),
        ("operator", control("libc6", "libc6 (=> 2)"), "Depends"),
    ]
}

#[test]
fn every_bad_package_is_named_with_its_reason_in_one_run() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("good", "1.0", "amd64"));
    let bad = bad_packages();
    for (name, bytes, _) in &bad {
        fs::write(repo.path("dist").join(format!("{name}.deb")), bytes).unwrap();
    }
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    for (name, _, reason) in &bad {
        let file = format!("dist/{name}.deb: ");
        let line = run.stderr.lines().find(|line| line.contains(&file));
        let line = line.unwrap_or_else(|| panic!("{name} is not named in\n{run}"));
        assert!(line.starts_with("error[RM3001]: "), "{line}");
        assert!(line.contains(reason), "`{reason}` is missing in: {line}");
    }
    assert!(!run.said("good_1.0"), "{run}");
    assert!(run.said(&format!("{} problems in the sources. Nothing was written.", bad.len())));
    assert_eq!(tree::files(&repo.store()), [""; 0]);
}

#[test]
fn a_bad_package_keeps_a_good_one_from_being_published_beside_it() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("good", "1.0", "amd64"));
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.build(&Deb::new("good", "1.1", "amd64"));
    repo.build(&Deb::new("bad", "1.0", "amd64").field("Depends", "good (>> 1) | "));
    repo.repoman(["apply", "--yes"]).exits(1).says(["bad_1.0_amd64.deb", "Depends"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn an_architecture_that_the_distribution_lacks_is_refused_unless_narrowed() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("widget", "1.0", "riscv64"));
    let run = repo.repoman(["plan"]).exits(1);
    run.says(["error[RM2005]", "widget_1.0_riscv64.deb", "architectures"]);

    let manifest = Manifest::default();
    let sources = format!("{}\narchitectures = [\"amd64\"]", manifest.sources);
    repo.write_manifest(&Manifest { sources, ..manifest }.to_text());
    repo.repoman(["plan"]).ok().says(["1 package (1 file) to add"]);
}

#[test]
fn a_hostile_file_name_does_not_reach_the_terminal_as_it_is() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    fs::write(repo.path("dist/\x1b[2Jevil\nerror[RM0000].deb"), b"no package").unwrap();
    let run = repo.repoman(["plan"]).exits(1).says(["error[RM3001]", "evil"]);
    assert!(!run.said("\x1b") && !run.said("\nerror[RM0000]"), "{run}");
}
