//! Where borders lie, and what other tools say of files in blocks.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

/// Returns a stanza, as long as most are, and its mark.
pub(super) fn stanza(seed: u64) -> (String, u64) {
    let mark = mixed(seed);
    let mut text = format!("Package: p{seed:08}\nVersion: {}.{}\n", mark % 7, mark % 31);
    for word in 0..20 + mark % 20 {
        text += &format!("Field-{word}: {:x} {}\n", mixed(mark + word) % 4096, word * 7 % 5);
    }
    (text + "\n", mark)
}

/// SplitMix64.
pub(super) fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

pub(super) fn parts(stanzas: &[(String, u64)]) -> Vec<Part<'_>> {
    stanzas.iter().map(|(text, mark)| Part { text: text.as_bytes(), mark: Some(*mark) }).collect()
}

/// Returns the first lines of the blocks.
fn beginnings(blocks: &Blocks<'_>) -> BTreeSet<Vec<u8>> {
    let blocks = blocks.as_slice().iter();
    blocks.map(|block| block.bytes()[.."Package: p00000000".len()].to_vec()).collect()
}

#[test]
fn blocks_are_of_the_announced_size() {
    let stanzas: Vec<_> = (0..40_000).map(stanza).collect();
    let blocks = Blocks::cut(&parts(&stanzas));
    let sizes: Vec<_> = blocks.as_slice().iter().map(|block| block.size() >> 10).collect();
    let mean = (blocks.size() >> 10) / sizes.len() as u64;
    assert!((220..300).contains(&mean), "{mean} KiB in {sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 700), "{sizes:?}");
}

#[test]
fn an_inserted_stanza_moves_no_border_but_those_within_the_window() {
    let stanzas: Vec<_> = (0..5_000).map(|seed| stanza(2 * seed)).collect();
    let before = Blocks::cut(&parts(&stanzas));
    for place in (0..5_000).step_by(97) {
        let mut longer = stanzas.clone();
        longer.insert(place, stanza(2 * place as u64 + 1));
        let after = Blocks::cut(&parts(&longer));
        let (old, new) = (beginnings(&before), beginnings(&after));
        let changes: Vec<_> = old.symmetric_difference(&new).collect();
        assert!(changes.len() <= 3, "stanza {place}: {}", changes.len());
    }
}

#[test]
fn marks_that_are_not_random_make_no_block_larger_than_a_part_over_a_megabyte() {
    let marks: [fn(u64) -> u64; 3] = [|_| 7, |index| index, |index| u64::MAX - index];
    for mark in marks {
        let stanzas: Vec<_> = (0..4_000).map(|seed| (stanza(seed).0, mark(seed))).collect();
        let blocks = Blocks::cut(&parts(&stanzas));
        assert!(blocks.as_slice().iter().all(|block| block.size() < (1 << 20) + 4096));
    }
}

#[test]
fn a_text_of_nothing_is_one_empty_block() {
    assert_eq!(Blocks::cut(&[]).as_slice().len(), 1);
}

#[test]
fn a_short_text_is_one_block() {
    let stanzas: Vec<_> = (0..150).map(stanza).collect();
    let blocks = Blocks::cut(&parts(&stanzas));
    assert_eq!(blocks.as_slice().len(), 1, "{} bytes", blocks.size());
}

/// Runs a program with a file as its input; returns what it prints, or nothing if there is no such
/// program here.
fn filter(program: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).stdin(file).stderr(Stdio::inherit());
    let output = match command.output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{program:?}");
    Some(output.stdout)
}

#[test]
fn other_decoders_read_files_of_many_blocks_and_of_none() {
    const PYTHON: &str =
        "import sys,{0} as m;sys.stdout.buffer.write(m.decompress(sys.stdin.buffer.read()))";
    let [gzip, lzma] = ["gzip", "lzma"].map(|module| PYTHON.replace("{0}", module));
    let programs: [(Compression, &[&str]); 9] = [
        (Compression::Gzip, &["gzip", "-dc"]),
        (Compression::Gzip, &["zcat"]),
        (Compression::Gzip, &["python3", "-c", &gzip]),
        (Compression::Gzip, &["busybox", "zcat"]),
        (Compression::Xz, &["xz", "-dc"]),
        (Compression::Xz, &["xz", "-dc", "-T2"]),
        (Compression::Xz, &["python3", "-c", &lzma]),
        (Compression::Xz, &["busybox", "xzcat"]),
        (Compression::Zstd, &["zstd", "-dc"]),
    ];
    let stanzas: Vec<_> = (0..1_500).map(stanza).collect();
    for parts in [&parts(&stanzas)[..], &parts(&stanzas[..1]), &[]] {
        let text = Blocks::cut(parts);
        let plain = text.pieces().collect::<Vec<_>>().concat();
        for (compression, program) in programs {
            let file = compress(compression, &text, None).unwrap();
            if let Some(output) = filter(program, &file) {
                assert!(output == plain, "{program:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_part_is_lost_or_moved(seeds in proptest::collection::vec(0..1_000u64, 0..1_000)) {
        let stanzas: Vec<_> = seeds.into_iter().map(stanza).collect();
        let parts = parts(&stanzas);
        let blocks = Blocks::cut(&parts);
        let pieces: Vec<_> = blocks.pieces().collect();
        let texts: Vec<_> = parts.iter().map(|part| part.text).collect();
        prop_assert_eq!(pieces, texts);
    }
}
