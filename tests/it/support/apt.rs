//! The real apt of this machine, in a private root that knows nothing of the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Run;

/// What a client goes by to trust a repository.
#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// The repository is signed with this key, in armor.
    Key(&'a str),
    /// The client trusts whatever it gets.
    Blind,
}

/// An apt client with one repository.
#[derive(Debug)]
pub struct AptClient {
    root: TempDir,
}

impl AptClient {
    /// Creates a client of the suite `bookworm`, component `main`, on amd64 with arm64 beside it.
    pub fn new(uri: &str, trust: Trust<'_>) -> Self {
        Self::of(uri, "bookworm", "main", trust)
    }

    /// Creates a client of any suite and components.
    pub fn of(uri: &str, suite: &str, components: &str, trust: Trust<'_>) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory can be made");
        let client = Self { root };
        client.lay_out();
        let trust = match trust {
            Trust::Blind => "Trusted: yes".to_owned(),
            Trust::Key(armored) => {
                client.write("etc/apt/keyrings/repo.asc", armored);
                format!("Signed-By: {}", client.path("etc/apt/keyrings/repo.asc").display())
            }
        };
        let entry = format!(
            "Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: {components}\n{trust}\n"
        );
        client.write("etc/apt/sources.list.d/repo.sources", &entry);
        client
    }

    /// Returns a path in the client's root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    /// Runs `apt-get update`; whatever it finds fault with is a failure.
    #[track_caller]
    pub fn update(&self) -> Run {
        self.apt_get(["update", "--error-on=any"]).ok()
    }

    /// Makes it download what apt-file searches.
    pub fn with_apt_file(self) -> Self {
        let name = "etc/apt/apt.conf.d/50apt-file.conf";
        let text = fs::read_to_string(Path::new("/").join(name)).expect("apt-file is installed");
        self.write(name, &text);
        self
    }

    /// Returns `package: path` for each path of a file that contains a text, sorted.
    #[track_caller]
    pub fn files_named(&self, text: &str) -> Vec<String> {
        let found = Run::of(self.command("apt-file").args(["search", text])).ok();
        let mut lines: Vec<_> = found.stdout.lines().map(str::to_owned).collect();
        lines.sort();
        lines.dedup();
        lines
    }

    /// Runs apt-get.
    pub fn apt_get<const N: usize>(&self, arguments: [&str; N]) -> Run {
        Run::of(self.command("apt-get").args(arguments))
    }

    /// Downloads packages, without what they depend on, into the root itself.
    #[track_caller]
    pub fn download(&self, packages: &[&str]) -> Run {
        Run::of(self.command("apt-get").arg("download").args(packages)).ok()
    }

    /// Returns the names of the package files that [`Self::download`] got.
    pub fn files_here(&self) -> Vec<String> {
        let files = super::tree::files(self.root.path()).into_iter();
        files.filter(|name| name.ends_with(".deb") && !name.contains('/')).collect()
    }

    /// Returns the version that would be installed of a package; none if there is no such package.
    pub fn candidate(&self, package: &str) -> Option<String> {
        let policy = Run::of(self.command("apt-cache").args(["policy", package])).ok().stdout;
        let line = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
        line.filter(|version| *version != "(none)").map(str::to_owned)
    }

    /// Returns `name version` of each installed package, as dpkg calls it.
    pub fn installed(&self) -> Vec<String> {
        let mut query = Command::new("dpkg-query");
        query.arg("--admindir").arg(self.path("var/lib/dpkg"));
        query.args(["--show", "--showformat", "${binary:Package} ${Version}\\n"]);
        Run::of(&mut query).ok().stdout.lines().map(str::to_owned).collect()
    }

    /// Returns the names of the downloaded package files.
    pub fn downloaded(&self) -> Vec<String> {
        let files = super::tree::files(&self.path("var/cache/apt/archives"));
        files.into_iter().filter(|name| name.ends_with(".deb")).collect()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("APT_CONFIG", self.path("apt.conf"))
            .env("TMPDIR", self.path("tmp"))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC");
        command
    }

    fn lay_out(&self) {
        for directory in [
            "etc/apt/apt.conf.d",
            "etc/apt/keyrings",
            "etc/apt/preferences.d",
            "etc/apt/sources.list.d",
            "etc/apt/trusted.gpg.d",
            "tmp",
            "var/cache/apt/archives/partial",
            "var/lib/apt/lists/partial",
            "var/lib/dpkg/info",
            "var/lib/dpkg/triggers",
            "var/lib/dpkg/updates",
            "var/log/apt",
        ] {
            fs::create_dir_all(self.path(directory)).expect("the root can be written");
        }
        self.write("var/lib/dpkg/status", "");
        self.write("var/lib/dpkg/available", "");
        self.write("var/lib/dpkg/arch", "amd64\narm64\n");
        self.write("apt.conf", &configuration(self.root.path()));
    }

    fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).expect("the root can be written");
    }
}

/// Returns the file for `$APT_CONFIG`.
///
/// `-o` would not do: apt reads the machine's own apt.conf.d before its arguments, unless a file
/// that it reads even earlier has moved `Dir`.
fn configuration(root: &Path) -> String {
    let root = root.display();
    format!(
        r#"Dir "{root}/";
Dir::State "var/lib/apt/";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Cache "var/cache/apt/";
Dir::Etc "etc/apt/";
Dir::Log "var/log/apt/";
Dir::Bin::methods "/usr/lib/apt/methods/";
Dir::Bin::dpkg "/usr/bin/dpkg";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; "arm64"; }};
// The user _apt can't enter a directory that mkdtemp made.
APT::Sandbox::User "root";
APT::Get::Assume-Yes "true";
Acquire::Retries "0";
Acquire::Languages {{ "none"; }};
Acquire::http::Proxy "DIRECT";
DPkg::Use-Pty "0";
DPkg::Options {{ "--root={root}"; "--force-not-root"; "--log={root}/var/log/dpkg.log"; }};
"#
    )
}
