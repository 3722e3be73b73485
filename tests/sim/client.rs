//! What a client of the repository sees: a model of apt, with readers of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use repoman::digest::Sha256;

use crate::world::World;

/// A distribution's directory.
pub const DISTRIBUTION: &str = "dists/bookworm/";

/// An object that has to be there, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// The digest, in hexadecimal.
    pub sha256: String,
}

/// A generation as it was served.
#[derive(Debug, Clone)]
pub struct Generation {
    /// The digest of its commit point.
    pub sha256: String,
    /// Its number.
    pub number: u64,
    /// The number and digest of its parent.
    pub parent: Option<(u64, String)>,
    /// The run that published it.
    pub writer: String,
    /// What it lists, as `name version`.
    pub packages: BTreeSet<String>,
    /// The digests of its index files, by path below the distribution.
    pub indices: BTreeMap<String, String>,
    /// The index files and package files that it names.
    pub objects: Vec<Reference>,
}

/// Returns the bytes of the object that decides, if anything is published.
pub fn commit_point(world: &World) -> Option<bytes::Bytes> {
    let read = |name| world.read(&format!("{DISTRIBUTION}{name}"));
    read("InRelease").or_else(|| read("Release"))
}

/// Reads what is published, as `apt-get update` and then `apt-get download` do.
///
/// # Errors
///
/// The first object that is missing or is not what is said of it.
pub fn read(world: &World, point: &[u8]) -> Result<Generation, String> {
    let text = String::from_utf8(point.to_vec()).map_err(|error| error.to_string())?;
    let mut indices = BTreeMap::new();
    let (mut packages, mut objects, mut state) = (BTreeSet::new(), Vec::new(), None);
    let listed = listed(&text)?;
    for (path, size, sha256) in &listed {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let key = format!("{DISTRIBUTION}{directory}/by-hash/SHA256/{sha256}");
        let reference = Reference { key, size: *size, sha256: sha256.clone() };
        // Release lists the uncompressed form even where only compressed ones are there.
        let twin = format!("{path}.gz");
        if listed.iter().any(|(path, ..)| *path == twin) {
            continue;
        }
        objects.push(reference.clone());
        check(world, &reference)?;
        let bytes = world.read(&reference.key).unwrap_or_default();
        let mut content = String::new();
        let unpacked = MultiGzDecoder::new(&bytes[..]).read_to_string(&mut content);
        unpacked.map_err(|error| format!("{path}: {error}"))?;
        if path.ends_with("/Packages.gz") {
            indices.insert(path.clone(), sha256.clone());
            for stanza in content.split("\n\n").filter(|stanza| !stanza.trim().is_empty()) {
                packages.insert(format!(
                    "{} {}",
                    field(stanza, "Package")?,
                    field(stanza, "Version")?
                ));
                objects.push(package(stanza)?);
            }
        } else {
            state = Some(
                serde_json::from_str::<serde_json::Value>(&content).map_err(|e| e.to_string())?,
            );
        }
    }
    for reference in &objects {
        check(world, reference)?;
    }
    let state = state.ok_or("no state file is listed")?;
    let parent = &state["parent"];
    Ok(Generation {
        sha256: Sha256::of(point).to_string(),
        number: state["generation"].as_u64().ok_or("no generation")?,
        parent: parent["generation"].as_u64().zip(parent["in_release"].as_str().map(str::to_owned)),
        writer: state["writer"].as_str().unwrap_or_default().to_owned(),
        packages,
        indices,
        objects,
    })
}

/// Tells whether an object is there and is what is said of it.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(world: &World, reference: &Reference) -> Result<(), String> {
    let Reference { key, size, sha256 } = reference;
    let bytes = world.read(key).ok_or_else(|| format!("{key} is missing"))?;
    if bytes.len() as u64 == *size && Sha256::of(&bytes).to_string() == *sha256 {
        Ok(())
    } else {
        Err(format!("{key} has other content"))
    }
}

/// Returns path, size and digest of the files in the SHA256 section of a Release file.
fn listed(text: &str) -> Result<Vec<(String, u64, String)>, String> {
    let section = text.split("\nSHA256:").nth(1).ok_or("no SHA256 section")?;
    let lines = section.lines().skip(1).take_while(|line| line.starts_with(' '));
    let entry = |line: &str| {
        let mut words = line.split_whitespace();
        let (sha256, size, path) = (words.next()?, words.next()?, words.next()?);
        Some((path.to_owned(), size.parse().ok()?, sha256.to_owned()))
    };
    lines.map(|line| entry(line).ok_or_else(|| format!("unreadable: {line}"))).collect()
}

fn package(stanza: &str) -> Result<Reference, String> {
    let size = field(stanza, "Size")?.parse().map_err(|_| "no size")?;
    Ok(Reference { key: field(stanza, "Filename")?, size, sha256: field(stanza, "SHA256")? })
}

fn field(stanza: &str, name: &str) -> Result<String, String> {
    let value = stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.map(str::to_owned).ok_or_else(|| format!("a stanza without {name}"))
}
