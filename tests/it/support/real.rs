//! Real packages from Debian's archive, downloaded once and kept in the target directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Run;

/// Packages of every kind: sections and sizes, `all` and native, required and optional; epochs,
/// `+` and `~` in versions, `+` in names, library prefixes, metapackages, conffiles, triggers,
/// diversions, `Multi-Arch` of each value, and long lists of relations.
///
/// They exist under these names in Debian 12 and later.
pub const PACKAGES: &[&str] = &[
    "adduser",
    "autoconf",
    "base-files",
    "base-passwd",
    "bash-completion",
    "bc",
    "bsdutils",
    "ca-certificates",
    "cowsay",
    "dash",
    "debconf",
    "debian-archive-keyring",
    "dh-python",
    "diffutils",
    "ed",
    "figlet",
    "fortune-mod",
    "g++",
    "gawk",
    "grep",
    "gzip",
    "hello",
    "hostname",
    "init-system-helpers",
    "javascript-common",
    "less",
    "libacl1",
    "libattr1",
    "libbz2-1.0",
    "libcap2",
    "libdbus-1-3",
    "libgcc-s1",
    "libgmp10",
    "libjs-jquery",
    "liblzma5",
    "libselinux1",
    "libstdc++6",
    "libtinfo6",
    "libx11-6",
    "libxau6",
    "login",
    "mawk",
    "media-types",
    "nano",
    "ncurses-base",
    "netbase",
    "node-abbrev",
    "node-semver",
    "openssh-client",
    "passwd",
    "procps",
    "python3",
    "python3-six",
    "sed",
    "sensible-utils",
    "sl",
    "sysvinit-utils",
    "tar",
    "tzdata",
    "ucf",
    "vim-tiny",
    "wget",
    "xfonts-encodings",
    "zlib1g",
];

/// Returns a directory with the package files, which nobody may change.
///
/// # Panics
///
/// When Debian's archive can't be reached: the stories of real packages are never skipped.
pub fn packages() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-packages");
    fs::create_dir_all(&directory).expect("the target directory can be written");
    // Each test is a process of its own; one downloads, the others wait for it.
    let lock = File::create(directory.join("lock")).expect("the target directory can be written");
    lock.lock().expect("the file system has locks");
    let complete = directory.join("complete");
    let list = PACKAGES.join("\n");
    if fs::read_to_string(&complete).is_ok_and(|downloaded| downloaded == list) {
        return directory.join("debs");
    }
    let debs = directory.join("debs");
    if debs.exists() {
        fs::remove_dir_all(&debs).expect("it is ours");
    }
    fs::create_dir(&debs).expect("the target directory can be written");
    let mut download = Command::new("apt-get");
    download.args(["download", "--quiet"]).args(PACKAGES).current_dir(&debs);
    let run = Run::of(&mut download);
    assert_eq!(
        run.code, 0,
        "real packages can't be downloaded from Debian's archive; this story needs the network \
         and current package lists (`apt-get update`)\n{run}"
    );
    fs::write(complete, list).expect("the target directory can be written");
    debs
}
