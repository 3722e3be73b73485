//! Mistakes in the manifest: one change to a good one for each code.

use std::fs;

use crate::support::TestRepo;

const MANIFEST: &str = r#"format = 1

[repository]
name = "acme-apt"
origin = "Acme"

[store]
url = "s3://acme-apt/debian"

[signing]
keys = ["release"]

[signing.key.release]
fingerprint = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E"
secret = "env:REPOMAN_SIGNING_KEY"

[distribution.bookworm]
components = ["main"]
architectures = ["amd64", "arm64"]

[source.widget]
path = "dist/*.deb"
to = "bookworm/main"
"#;

/// A code, a text of the manifest, and what stands there instead.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &str)] = &[
    ("RM1001", "\"Acme\"", "Acme"),
    ("RM1002", "origin =", "orgin ="),
    ("RM1003", "\"Acme\"", "12"),
    ("RM1004", "arm64", "aarch64"),
    ("RM1005", "url = \"s3://acme-apt/debian\"", ""),
    ("RM1006", "to =", "mode = \"miror\"\nto ="),
    ("RM1007", "[source.widget]", "[store]\n[source.widget]"),
    ("RM1008", "format = 1", "format = 1\nnotify.releases.sns = \"arn\""),
    ("RM1009", "format = 1", "format = 2"),
    ("RM1010", "env:REPOMAN_SIGNING_KEY", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
    ("RM1011", "\"Acme\"", "\"\""),
    ("RM1012", "\"acme-apt\"", "\"Acme Apt\""),
    ("RM1013", "[distribution.bookworm]", "[distribution.\"../x\"]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n[distribution.bookworm]"),
    ("RM1014", "s3://acme-apt/debian", "ftp://acme-apt"),
    ("RM1015", "origin =", "public_url = \"apt.example.com\"\norigin ="),
    ("RM1016", "[signing]", "kms_key = \"alias/apt\"\n[signing]"),
    ("RM1017", "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E", "A1C4D04E"),
    ("RM1018", "env:REPOMAN_SIGNING_KEY", "REPOMAN_SIGNING_KEY"),
    ("RM1019", "[\"release\"]", "[\"release\", \"other\"]"),
    ("RM1021", "[\"main\"]", "[\"main\", \"main\"]"),
    ("RM1022", "[\"main\"]", "[]"),
    ("RM1023", "\"arm64\"", "\"all\""),
    ("RM1024", "bookworm/main", "bokworm/main"),
    ("RM1025", "dist/*.deb", "dist/[.deb"),
    ("RM1026", "dist/*.deb", "{arhc}/*.deb"),
    ("RM1027", "dist/*.deb", "{release}/*.deb"),
    ("RM1028", "to =", "architectures = [\"riscv64\"]\nto ="),
    ("RM1030", "[source.widget]", "[distribution.\"bookworm/main\"]\ncomponents = [\"binary-amd64\"]\narchitectures = [\"amd64\"]\n[source.widget]"),
    ("RM1031", "components =", "release = \"../..\"\ncomponents ="),
    ("RM1032", "[source.widget]", "[limits]\nremove_percent = 101\n[source.widget]"),
    ("RM1033", "[source.widget]", "[retain]\nnewer_than = \"90\"\n[source.widget]"),
    ("RM1034", "[source.widget]", "[removed]\nbuster = \"\"\n[source.widget]"),
    ("RM1035", "[source.widget]", "[yank.widget]\n1.4.1 = \"x\"\n[source.widget]"),
    ("RM1037", "[source.widget]", "[removed]\n\"buster/main@1.0\" = \"x\"\n[source.widget]"),
    ("RM1038", "[source.widget]", "[removed]\nbookworm = \"x\"\n[source.widget]"),
    ("RM1039", "[source.widget]", "[allow]\n\"release-feld:bookworm.label\" = \"x\"\n[source.widget]"),
    ("RM1040", "[source.widget]", "[allow]\n\"release-field:buster.label\" = \"x\"\n[source.widget]"),
    ("RM1041", "[source.widget]", "[allow]\n\"dist-removed:buster\" = \"x\"\n[source.widget]"),
    ("RM1042", "[source.widget]", "[yank.Widget]\n\"1.0\" = \"x\"\n[source.widget]"),
    ("RM1043", "[source.widget]", "[yank.widget]\n\">> \" = \"x\"\n[source.widget]"),
    ("RM1044", "[source.widget]", "[yank.widget]\n\"1.0\" = { reason = \"x\", from = \"buster\" }\n[source.widget]"),
    ("RM1045", "[source.widget]", "[yank.widget]\n\"1.0\" = \"x\"\n[keep.widget]\n\"1.0\" = \"x\"\n[source.widget]"),
    ("RM1046", "[source.widget]", "[retain]\n[source.widget]"),
    ("RM1047", "[source.widget]", "[retain.package.\"*dbg\"]\nversions = 1\n[retain.package.\"lib*\"]\nversions = 2\n[source.widget]"),
    ("RM1048", "[source.widget]", "[distribution.bookworm.component.mian.retain]\nversions = 1\n[source.widget]"),
    ("RM1050", "[source.widget]", "[env.prod.distribution.bookworm]\nsuite = \"x\"\n[source.widget]"),
    ("RM1051", "to =", "push = true\nto ="),
    ("RM1052", "path = \"dist/*.deb\"", "distribution = \"bookworm/main\""),
];

/// The same for what is a warning only.
#[rustfmt::skip]
const DOUBTS: &[(&str, &str, &str)] = &[
    ("RM1020", "[\"release\"]", "[]"),
    ("RM1029", "[source.widget]", "suite = \"stable\"\n[distribution.trixie]\nsuite = \"stable\"\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n[source.widget]"),
    ("RM1036", "[source.widget]", "valid_for = \"1h\"\n[source.widget]"),
];

/// Returns the codes that are provoked here.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let mistakes = MISTAKES.iter().chain(DOUBTS).map(|(code, ..)| *code);
    mistakes.chain(["RM1000", "RM1049"])
}

#[test]
fn the_manifest_is_good_without_a_mistake() {
    let repo = TestRepo::new();
    repo.write_manifest(MANIFEST);
    let run = repo.repoman(["check"]).ok();
    assert!(!run.said("warning"), "{run}");
}

/// Checks each changed manifest, which has to end with this status and this severity.
fn judge(changes: &[(&str, &str, &str)], status: i32, severity: &str) {
    let repo = TestRepo::new();
    let mut wrong = Vec::new();
    for (code, from, to) in changes {
        assert!(MANIFEST.contains(from), "{from}");
        repo.write_manifest(&MANIFEST.replacen(from, to, 1));
        let run = repo.repoman(["check"]);
        if run.code != status || !run.said(&format!("{severity}[{code}]: ")) {
            wrong.push(format!("{code} did not end so:\n{run}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn each_mistake_and_each_doubt_has_its_code() {
    judge(MISTAKES, 1, "error");
    judge(DOUBTS, 0, "warning");
}

#[test]
fn what_is_wrong_beside_the_text_has_its_code() {
    let repo = TestRepo::new();
    repo.write_manifest(MANIFEST);
    repo.repoman(["check", "--env", "prod"]).exits(1).says(["error[RM1049]: "]);
    fs::remove_file(repo.path("repo.toml")).unwrap();
    repo.repoman(["check"]).exits(1).says(["error[RM1000]: "]);
}
