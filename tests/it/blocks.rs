//! Indices of many blocks: what is taken over from published files, and who can read the result.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust};

const INDEX: &str = "dists/bookworm/main/binary-amd64/Packages";

/// Returns a repository with all compressed forms of its indices.
fn repository() -> TestRepo {
    TestRepo::with(&manifest())
}

fn manifest() -> Manifest {
    let manifest = Manifest::default();
    let forms = "compression = [\"xz\", \"gz\", \"zst\"]";
    let distributions = format!("{}\n{forms}", manifest.distributions);
    Manifest { distributions, ..manifest }
}

/// Returns such a repository that loses what its sources lose.
///
/// A component with a policy of its own may lose the last version of a package.
fn mirror() -> TestRepo {
    let manifest = manifest();
    let policy = "[distribution.bookworm.component.main.retain]\nversions = 1\n";
    let sources = format!("{}\nmode = \"mirror\"\n\n{policy}", manifest.sources);
    TestRepo::with(&Manifest { sources, ..manifest })
}

/// Puts a package with a long stanza into the sources.
pub(super) fn build(repo: &TestRepo, number: u32) {
    let line = |line: u32| format!(" {:08x}{:08x}\n", number.wrapping_mul(0x9e37_79b9), line * 77);
    let text: String = (0..400).map(line).collect();
    let name = format!("widget-{number:03}");
    repo.build(&Deb::new(&name, "1.0", "amd64").field("X-Text", text.trim_end()));
}

fn read(repo: &TestRepo, form: &str) -> Vec<u8> {
    fs::read(repo.store().join(format!("{INDEX}{form}"))).unwrap()
}

/// Checks a file with a program, if it is here, and returns what the program prints.
fn printed(program: &[&str], file: &Path) -> Option<Vec<u8>> {
    let mut command = Command::new(program[0]);
    match command.args(&program[1..]).arg(file).output() {
        Ok(output) => {
            assert!(output.status.success(), "{program:?}");
            Some(output.stdout)
        }
        Err(_) => None,
    }
}

#[test]
fn step_by_step_comes_to_the_same_files_as_at_once_and_all_tools_read_them() {
    let (steps, at_once) = (repository(), repository());
    (0..300).filter(|number| number % 50 != 7).for_each(|number| build(&steps, number));
    steps.apply();
    for number in (7..300).step_by(50) {
        build(&steps, number);
        steps.apply().says(["1 package (1 file) to add"]);
    }
    (0..300).for_each(|number| build(&at_once, number));
    at_once.apply();
    let text = steps.index("bookworm/main/binary-amd64");
    assert!(text.len() > 2_000_000, "{}", text.len());
    for form in [".xz", ".gz", ".zst"] {
        assert!(read(&steps, form) == read(&at_once, form), "{form}");
    }
    let programs: [(&str, &[&str]); 5] = [
        (".xz", &["xz", "-dc"]),
        (".xz", &["xz", "-dc", "--single-stream"]),
        (".gz", &["zcat"]),
        (".gz", &["/usr/lib/apt/apt-helper", "cat-file"]),
        (".zst", &["zstd", "-dcq"]),
    ];
    for (form, program) in programs {
        let output = printed(program, &steps.store().join(format!("{INDEX}{form}")));
        assert!(output.is_none_or(|output| output == text.as_bytes()), "{program:?}");
    }
}

#[test]
fn apt_reads_every_package_of_an_index_that_was_taken_over_in_each_form() {
    let repo = repository();
    (0..200).for_each(|number| build(&repo, number));
    repo.apply();
    build(&repo, 500);
    repo.apply();
    apt_finds(&repo, 201);
}

/// Asserts that apt finds so many packages in each form of the index.
#[track_caller]
fn apt_finds(repo: &TestRepo, packages: usize) {
    let server = FileServer::start(&repo.store());
    for form in ["xz", "gz", "zst"] {
        let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
        let order = format!("Acquire::CompressionTypes::Order {{ \"{form}\"; }};\n");
        fs::write(client.path("etc/apt/apt.conf.d/order"), order).unwrap();
        client.update();
        let all = client.apt_get(["install", "--simulate", "^widget"]).ok().stdout;
        let installed = all.lines().filter(|line| line.starts_with("Inst "));
        assert_eq!(installed.count(), packages, "{form}");
    }
}

/// Returns a number that looks random; the same for the same one.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number ^ (number >> 31)
}

/// Adds a package to the sources, or replaces or removes one of them.
fn edit(repo: &TestRepo, step: u64) {
    let files = fs::read_dir(repo.path("dist")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let chosen = &files[usize::try_from(mixed(step)).unwrap() % files.len()];
    let (goes, comes) = [(false, true), (true, true), (true, false)][step as usize % 3];
    if goes {
        fs::remove_file(chosen).unwrap();
    }
    if comes {
        build(repo, 1_000 + u32::try_from(step).unwrap());
    }
}

#[test]
fn after_200_edits_everything_reads_what_blocks_were_taken_over_for() {
    let (steps, at_once) = (mirror(), mirror());
    (0..150).for_each(|number| build(&steps, number));
    steps.apply();
    for step in 0..200 {
        edit(&steps, step);
        if step % 20 == 19 {
            steps.apply();
        }
    }
    for package in fs::read_dir(steps.path("dist")).unwrap() {
        let package = package.unwrap();
        fs::create_dir_all(at_once.path("dist")).unwrap();
        fs::copy(package.path(), at_once.path("dist").join(package.file_name())).unwrap();
    }
    at_once.apply();
    for form in [".xz", ".gz", ".zst"] {
        assert!(read(&steps, form) == read(&at_once, form), "{form}");
    }
    let text = steps.index("bookworm/main/binary-amd64");
    let checks: [(&str, &[&str]); 3] =
        [(".xz", &["xz", "-t"]), (".gz", &["zcat"]), (".zst", &["zstd", "-tq"])];
    for (form, program) in checks {
        let output = printed(program, &steps.store().join(format!("{INDEX}{form}")));
        assert!(output.is_none_or(|output| form != ".gz" || output == text.as_bytes()), "{form}");
    }
    let packages = fs::read_dir(steps.path("dist")).unwrap().count();
    apt_finds(&steps, packages);
}
