//! Small packages, made without dpkg-deb: it is fast, and it can make what dpkg-deb refuses to.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A package with one small file.
#[derive(Debug, Clone)]
pub struct Deb {
    name: String,
    version: String,
    architecture: String,
    fields: Vec<(String, String)>,
    content: String,
}

impl Deb {
    /// Returns a package that dpkg installs without running anything.
    pub fn new(name: &str, version: &str, architecture: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: architecture.to_owned(),
            fields: Vec::new(),
            content: format!("{name} {version}\n"),
        }
    }

    /// Adds a field to the control file.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Changes what its one file, `/usr/share/<name>/content`, holds.
    pub fn content(mut self, text: &str) -> Self {
        self.content = text.to_owned();
        self
    }

    /// Returns the text of its control file.
    pub fn control(&self) -> String {
        let Self { name, version, architecture, .. } = self;
        let mut text = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n\
             Maintainer: Test <test@example.org>\n"
        );
        for (name, value) in &self.fields {
            text += &format!("{name}: {value}\n");
        }
        text + &format!("Description: package {name} of a test\n Nobody needs it.\n")
    }

    /// Returns the bytes of the file; the same ones each time.
    pub fn to_bytes(&self) -> Vec<u8> {
        with_control(&self.control(), &self.data_tar())
    }

    /// Writes it into a directory, under the name that dpkg-deb would give it.
    pub fn write_to(&self, directory: &Path) -> PathBuf {
        let version = self.version.split_once(':').map_or(&*self.version, |(_, rest)| rest);
        let path = directory.join(format!("{}_{version}_{}.deb", self.name, self.architecture));
        fs::create_dir_all(directory).expect("the directory can be made");
        fs::write(&path, self.to_bytes()).expect("the package can be written");
        path
    }

    fn data_tar(&self) -> Vec<u8> {
        let directory = format!("./usr/share/{}/", self.name);
        let file = format!("{directory}content");
        let entries = [
            ("./", None),
            ("./usr/", None),
            ("./usr/share/", None),
            (&*directory, None),
            (&*file, Some(self.content.as_bytes())),
        ];
        tar_gz(&entries)
    }
}

/// Returns a package with any text as its control file.
pub fn with_control(control: &str, data_tar_gz: &[u8]) -> Vec<u8> {
    let control = tar_gz(&[("./", None), ("./control", Some(control.as_bytes()))]);
    container(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", &control),
        ("data.tar.gz", data_tar_gz),
    ])
}

/// Returns an ar archive, which is what a package is from outside.
pub fn container(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        header.set_mode(0o100_644);
        builder.append(&header, *bytes).expect("memory can be written");
    }
    builder.into_inner().expect("memory can be written")
}

/// Returns a compressed tar archive of directories (without bytes) and files.
pub fn tar_gz(entries: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&tar(entries)).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// Returns a tar archive of directories (without bytes) and files.
pub fn tar(entries: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        let (kind, mode) = match bytes {
            None => (tar::EntryType::Directory, 0o755),
            Some(_) => (tar::EntryType::Regular, 0o644),
        };
        let bytes = bytes.unwrap_or_default();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        // `set_path` would normalize `./` away, which dpkg-deb writes.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, bytes).expect("memory can be written");
    }
    builder.into_inner().expect("memory can be written")
}
