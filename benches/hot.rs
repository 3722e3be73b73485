//! Times the functions in which most of the processor time goes: hash, scan, diff, compress.
//!
//! What a change of them is worth to users is told by `benches/run`, not here.
//!
//! ```sh
//! cargo bench --bench hot                # all; or only some: cargo bench --bench hot -- compress
//! ```

use std::fmt::Write as _;
use std::sync::Arc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use repoman::apt::packages::{self, IndexedPackage};
use repoman::compression::{self, Blocks, Compression, Edition};
use repoman::deb::{self, Limits};
use repoman::digest::Sha256;
use repoman::snapshot::{Package, PackageId, Packages, Provenance};
use repoman::text::SharedText;
use repoman::time::Timestamp;

/// How many stanzas an index has here: 7 MB of text.
const STANZAS: usize = 10_000;

fn main() {
    divan::main();
}

/// Returns the stanza of one package; a few bytes of the digests tell it from others.
fn stanza(index: usize) -> String {
    let digest = Sha256::of(&index.to_le_bytes());
    let mut text = format!("Package: widget-{index:06}\nVersion: 1.{}-1\n", index % 100);
    text.push_str("Architecture: amd64\nMaintainer: Bench Mark <bench@example.org>\n");
    for field in ["Depends", "Recommends", "Suggests"] {
        let other = index % 977;
        writeln!(text, "{field}: libc6 (>= 2.36), libwidget{other} (>= 1.0~), gadget-{other}")
            .expect("a String takes everything");
    }
    let line = " Widgets are what every machine has too few of, and nobody knows what for.\n";
    text.push_str("Description: one widget of many\n");
    text.push_str(&line.repeat(index % 5));
    let path = format!("pool/main/w/widget-{index:06}/widget_1_amd64.deb");
    write!(text, "Filename: {path}\nSize: {}\nSHA256: {digest}\n", 20_000 + index)
        .expect("a String takes everything");
    text
}

/// Returns the text of an index that has all stanzas, or all but one.
fn index(without: Option<usize>) -> SharedText {
    let all = (0..STANZAS).filter(|index| Some(*index) != without);
    all.map(|index| stanza(index) + "\n").collect::<String>().into()
}

fn scanned(text: &SharedText) -> Vec<IndexedPackage> {
    packages::parse(text).collect::<Result<_, _>>().expect("every stanza is complete")
}

/// Returns the blocks of an index.
fn blocks(packages: &[IndexedPackage]) -> Blocks<'_> {
    let stanzas = packages.iter().map(|package| (&package.stanza, &package.file.sha256));
    Blocks::cut(&packages::parts(stanzas))
}

fn listed(packages: Vec<IndexedPackage>) -> Packages {
    let provenance = Provenance {
        sources: Arc::default(),
        published_at: Timestamp::UNIX_EPOCH,
        superseded_at: None,
    };
    let entry = |package: IndexedPackage| {
        let IndexedPackage { name, version, architecture, file, stanza } = package;
        let provenance = provenance.clone();
        (PackageId { name, version, architecture }, Package { stanza, file, provenance })
    };
    packages.into_iter().map(entry).collect()
}

/// Returns a .deb with members by gzip and so many bytes of content that look like nothing.
fn package(size: usize) -> Vec<u8> {
    let control = "Package: widget\nVersion: 1.0\nArchitecture: amd64\n\
                   Maintainer: Bench Mark <bench@example.org>\nDescription: one widget\n";
    let noise = (0..size / 32).flat_map(|block| *Sha256::of(&block.to_le_bytes()).as_bytes());
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", tar_gz("./control", control.as_bytes())),
        ("data.tar.gz", tar_gz("./usr/lib/noise", &noise.collect::<Vec<_>>())),
    ];
    let mut archive = ar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ar::Header::new(name.into(), bytes.len() as u64);
        header.set_mode(0o100_644);
        archive.append(&header, &*bytes).expect("a Vec takes everything");
    }
    archive.into_inner().expect("a Vec takes everything")
}

fn tar_gz(path: &str, content: &[u8]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.append(&header, content).expect("a Vec takes everything");
    tar.into_inner().and_then(|encoder| encoder.finish()).expect("a Vec takes everything")
}

#[divan::bench(args = [20_000, 16 << 20])]
fn hash(bencher: Bencher<'_, '_>, size: usize) {
    let bytes = vec![7; size];
    bencher.counter(BytesCount::new(size)).bench_local(|| Sha256::of(black_box(&bytes)));
}

/// A package is hashed, and its control file is read.
#[divan::bench(args = [1_000, 20_000])]
fn scan_package(bencher: Bencher<'_, '_>, size: usize) {
    let bytes = package(size);
    let limits = Limits::default();
    let counter = BytesCount::new(bytes.len());
    bencher.counter(counter).bench_local(|| deb::read(black_box(&*bytes), &limits));
}

#[divan::bench]
fn scan_index(bencher: Bencher<'_, '_>) {
    let text = index(None);
    bencher.counter(BytesCount::of_str(&*text)).bench_local(|| scanned(black_box(&text)));
}

/// One package of many is new.
#[divan::bench]
fn diff(bencher: Bencher<'_, '_>) {
    let (before, after) = (index(Some(STANZAS / 2)), index(None));
    let (before, after) = (listed(scanned(&before)), listed(scanned(&after)));
    let bench = bencher.counter(ItemsCount::new(STANZAS));
    bench.bench_local(|| black_box(&before).differences(black_box(&after)).len());
}

const FORMS: [Compression; 3] = [Compression::Gzip, Compression::Xz, Compression::Zstd];

#[divan::bench(args = FORMS, sample_count = 5)]
fn compress(bencher: Bencher<'_, '_>, form: Compression) {
    let text = index(None);
    let packages = scanned(&text);
    let blocks = blocks(&packages);
    let bench = bencher.counter(BytesCount::new(text.len()));
    bench.bench_local(|| compression::compress(form, black_box(&blocks), None));
}

/// One stanza is new, and the blocks of the others are taken over.
#[divan::bench(args = FORMS, sample_count = 20)]
fn compress_again(bencher: Bencher<'_, '_>, form: Compression) {
    let (before, after) = (index(Some(STANZAS / 2)), index(None));
    let (before, after) = (scanned(&before), scanned(&after));
    let (earlier, blocks) = (blocks(&before), blocks(&after));
    let file = compression::compress(form, &earlier, None).expect("there is memory");
    let edition = Edition { text: &earlier, file: &file };
    let bench = bencher.counter(BytesCount::new(blocks.size()));
    bench.bench_local(|| compression::compress(form, black_box(&blocks), Some(edition)));
}
