//! What a client of the repository sees: a model of apt, with readers of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use repoman::digest::Sha256;
use repoman::time::Timestamp;

use crate::seal;
use crate::shelf::Stored;
use crate::world::{Signing, World};

/// A distribution's directory.
pub const DISTRIBUTION: &str = "dists/bookworm/";
/// The state file, as Release lists it.
const STATE: &str = "repoman/state.json.gz";
/// Where its earlier generations are kept.
const HISTORY: &str = ".repoman/history/bookworm/";
/// Where the manifests are kept that were applied.
const MANIFESTS: &str = ".repoman/manifests/";

/// An object that has to be there, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// The digest.
    pub sha256: Sha256,
}

/// A generation as it was served.
#[derive(Debug, Clone)]
pub struct Generation {
    /// The digest of its commit point.
    pub sha256: Sha256,
    /// When the store says that the commit point was written.
    pub written: Timestamp,
    /// The Date.
    pub date: Timestamp,
    /// Its number.
    pub number: u64,
    /// The number and digest of its parent.
    pub parent: Option<(u64, Sha256)>,
    /// The run that published it.
    pub writer: String,
    /// What it lists, as `name version`.
    pub packages: BTreeSet<String>,
    /// The digests of its index files, by path below the distribution.
    pub indices: BTreeMap<String, Sha256>,
    /// The index files and package files that it names.
    pub objects: Vec<Reference>,
    /// Its commit point, state, signature and manifest, which are kept when it is replaced, by key.
    pub records: BTreeMap<String, Sha256>,
}

/// Returns the object that decides, if anything is published.
pub fn commit_point(world: &World) -> Option<Stored> {
    world.read(point(world.signing))
}

/// Returns the key of that object.
pub fn point(signing: Signing) -> &'static str {
    match signing {
        Signing::Signed => "dists/bookworm/InRelease",
        Signing::Unsigned => "dists/bookworm/Release",
    }
}

/// Reads what is published, as `apt-get update` and then `apt-get download` do.
///
/// # Errors
///
/// The first object that is missing or is not what is said of it.
pub fn read(world: &World, point: &Stored) -> Result<Generation, String> {
    let text = signed_text(&point.bytes)?;
    let listed = listed(&text)?;
    let state = state(world, &listed)?;
    let forms: Vec<_> = state["compression"].as_array().into_iter().flatten().collect();
    let (mut packages, mut objects, mut indices) = (BTreeSet::new(), vec![], BTreeMap::new());
    for (path, reference) in &listed {
        // Release lists the uncompressed form even where only others are published.
        let form = if path.ends_with(".gz") { "gzip" } else { "none" };
        let is_published = forms.iter().any(|published| published.as_str() == Some(form));
        if !path.contains("/Packages") || !is_published {
            continue;
        }
        let content = unpacked(world, path, reference)?;
        objects.push(reference.clone());
        indices.insert(path.clone(), reference.sha256);
        for stanza in content.split("\n\n").filter(|stanza| !stanza.trim().is_empty()) {
            packages.insert(format!("{} {}", field(stanza, "Package")?, field(stanza, "Version")?));
            objects.push(package(stanza)?);
        }
    }
    for reference in &objects {
        check(world, reference)?;
    }
    // apt says nothing of an index that it lacks where Release has one of these fields.
    let is_removed = !text.contains("\nComponents:") && !text.contains("\nArchitectures:");
    if indices.is_empty() != is_removed {
        return Err(format!("it is removed: {is_removed}, and has {} indices", indices.len()));
    }
    let number = state["generation"].as_u64().ok_or("no generation")?;
    let manifest = &state["manifest"]["sha256"];
    let history = format!("{HISTORY}{number}-{}.InRelease", point.sha256);
    let state_file = state_reference(&listed)?;
    let mut records = BTreeMap::from([
        (history, point.sha256),
        (format!("{MANIFESTS}{}.toml", manifest.as_str().unwrap_or_default()), digest(manifest)?),
        (state_file.key.clone(), state_file.sha256),
    ]);
    if world.signing == Signing::Signed {
        let key = format!("{DISTRIBUTION}repoman/signatures/{}.gpg", point.sha256);
        records.insert(key, Sha256::of(seal::signature(text.as_bytes()).as_bytes()));
    }
    let parent = &state["parent"];
    Ok(Generation {
        sha256: point.sha256,
        written: point.written,
        date: date(&text)?,
        number,
        parent: match parent["generation"].as_u64() {
            Some(number) => Some((number, digest(&parent["in_release"])?)),
            None => None,
        },
        writer: state["writer"].as_str().unwrap_or_default().to_owned(),
        packages,
        indices,
        objects,
        records,
    })
}

fn digest(value: &serde_json::Value) -> Result<Sha256, String> {
    let digest = value.as_str().and_then(|text| text.parse().ok());
    digest.ok_or_else(|| format!("{value} is no digest"))
}

/// Returns the Date of a Release file.
fn date(text: &str) -> Result<Timestamp, String> {
    let date = jiff::fmt::rfc2822::parse(&field(text, "Date")?.replace("UTC", "+0000"));
    Ok(date.map_err(|error| error.to_string())?.timestamp())
}

/// Tells whether an object is there and is what is said of it.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(world: &World, reference: &Reference) -> Result<(), String> {
    let Reference { key, size, sha256 } = reference;
    let stored = world.read(key).ok_or_else(|| format!("{key} is missing"))?;
    if stored.bytes.len() as u64 == *size && stored.sha256 == *sha256 {
        Ok(())
    } else {
        Err(format!("{key} has other content"))
    }
}

/// Returns the text of a commit point, which is framed if it is signed.
///
/// # Errors
///
/// When it is no text, or only half a frame.
pub fn signed_text(point: &[u8]) -> Result<String, String> {
    let text = String::from_utf8(point.to_vec()).map_err(|error| error.to_string())?;
    let Some(framed) = text.strip_prefix("-----BEGIN PGP SIGNED MESSAGE-----\n") else {
        return Ok(text);
    };
    let body = framed.split_once("\n\n").map(|(_, body)| body);
    let body = body.and_then(|body| body.split_once("-----BEGIN PGP SIGNATURE-----"));
    body.map(|(body, _)| body.to_owned()).ok_or_else(|| "half a frame".to_owned())
}

/// Returns the files in the SHA256 section of a Release file: their paths, and where they lie.
fn listed(text: &str) -> Result<Vec<(String, Reference)>, String> {
    let section = text.split("\nSHA256:").nth(1).ok_or("no SHA256 section")?;
    let lines = section.lines().skip(1).take_while(|line| line.starts_with(' '));
    let entry = |line: &str| {
        let mut words = line.split_whitespace();
        let (sha256, size, path) = (words.next()?, words.next()?, words.next()?);
        let (directory, _) = path.rsplit_once('/')?;
        let key = format!("{DISTRIBUTION}{directory}/by-hash/SHA256/{sha256}");
        let sha256 = sha256.parse().ok()?;
        Some((path.to_owned(), Reference { key, size: size.parse().ok()?, sha256 }))
    };
    lines.map(|line| entry(line).ok_or_else(|| format!("unreadable: {line}"))).collect()
}

/// Returns the content of a listed file, by its hash.
fn unpacked(world: &World, path: &str, reference: &Reference) -> Result<String, String> {
    check(world, reference)?;
    let stored = world.read(&reference.key).ok_or("it is gone")?;
    let bytes = stored.bytes;
    let mut content = String::new();
    let read = match path.ends_with(".gz") {
        true => MultiGzDecoder::new(&bytes[..]).read_to_string(&mut content),
        false => (&bytes[..]).read_to_string(&mut content),
    };
    read.map_err(|error| format!("{path}: {error}"))?;
    Ok(content)
}

/// Returns the state file.
fn state(world: &World, listed: &[(String, Reference)]) -> Result<serde_json::Value, String> {
    let text = unpacked(world, STATE, state_reference(listed)?)?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn state_reference(listed: &[(String, Reference)]) -> Result<&Reference, String> {
    let found = listed.iter().find(|(path, _)| path == STATE);
    found.map(|(_, reference)| reference).ok_or_else(|| "no state file is listed".to_owned())
}

fn package(stanza: &str) -> Result<Reference, String> {
    let size = field(stanza, "Size")?.parse().map_err(|_| "no size")?;
    let sha256 = field(stanza, "SHA256")?.parse().map_err(|_| "no digest")?;
    Ok(Reference { key: field(stanza, "Filename")?, size, sha256 })
}

fn field(stanza: &str, name: &str) -> Result<String, String> {
    let value = stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.map(str::to_owned).ok_or_else(|| format!("a stanza without {name}"))
}
