//! What is taken over from an earlier file gives the bytes that compressing again would give.

use super::blocks::{mixed, parts, stanza};
use super::*;

const IN_BLOCKS: [Compression; 3] = [Compression::Gzip, Compression::Xz, Compression::Zstd];

/// Returns a text in blocks that are so small that tests are fast.
fn cut<'a>(parts: &[Part<'a>]) -> Blocks<'a> {
    Blocks::cut_by(8 << 10, parts)
}

/// Returns the file of `after`, made with the help of a file for `before`.
fn rebuilt(
    compression: Compression,
    before: &[Part<'_>],
    file: &[u8],
    after: &[Part<'_>],
) -> Vec<u8> {
    let text = &cut(before);
    let edition = Edition { text, file };
    compress(compression, &cut(after), Some(edition)).unwrap()
}

fn cold(compression: Compression, text: &[Part<'_>]) -> Vec<u8> {
    compress(compression, &cut(text), None).unwrap()
}

/// Changes, inserts, removes or moves stanzas anywhere; the same for the same step.
fn edit(stanzas: &mut Vec<(String, u64)>, step: u64) {
    let place = |salt: u64, limit: usize| usize::try_from(mixed(step * 8 + salt)).unwrap() % limit;
    let new = stanza(1_000_000 + step);
    match step % 6 {
        0 => stanzas.insert(place(0, stanzas.len() + 1), new),
        1 => drop(stanzas.remove(place(1, stanzas.len()))),
        2 => {
            let index = place(2, stanzas.len());
            stanzas[index] = new;
        }
        3 => stanzas.push(new),
        4 => stanzas.insert(0, new),
        _ => {
            let from = place(3, stanzas.len());
            let some: Vec<_> = stanzas.drain(from..(from + 50).min(stanzas.len())).collect();
            let to = place(4, stanzas.len() + 1);
            stanzas.splice(to..to, some);
        }
    }
}

#[test]
fn after_200_edits_in_a_row_files_are_those_of_a_cold_build() {
    let mut stanzas: Vec<_> = (0..300).map(stanza).collect();
    let mut files = IN_BLOCKS.map(|compression| cold(compression, &parts(&stanzas)));
    for step in 0..200 {
        let before = stanzas.clone();
        edit(&mut stanzas, step);
        for (compression, file) in IN_BLOCKS.into_iter().zip(&mut files) {
            *file = rebuilt(compression, &parts(&before), file, &parts(&stanzas));
            // What were wrong once would stay so, but for the block of a later edit.
            if step % 10 == 9 {
                assert!(*file == cold(compression, &parts(&stanzas)), "{compression}, {step}");
            }
        }
    }
}

#[test]
fn unchanged_blocks_are_not_compressed_again() {
    let stanzas: Vec<_> = (0..300).map(stanza).collect();
    let mut longer = stanzas.clone();
    longer.insert(150, stanza(7_777));
    for compression in IN_BLOCKS {
        let mut file = cold(compression, &parts(&stanzas));
        let blocks = container::packed(compression, &file).unwrap();
        // A mark that a decoder would object to, in the first and last block.
        let (first, last) =
            (blocks[0].bytes.len() / 2, file.len() - blocks.last().unwrap().bytes.len() / 2);
        file[first] ^= 1;
        file[last - 60] ^= 1;
        let rebuilt = rebuilt(compression, &parts(&stanzas), &file, &parts(&longer));
        assert_eq!(rebuilt[first], file[first], "{compression}");
        assert!(unpack(compression, Frames::Several, &rebuilt).is_err(), "{compression}");
    }
}

/// Returns files that are not what was made of that text: other tools' and other texts', cut short,
/// with blocks in another number or of other sizes, or not compressed at all.
fn foreign(compression: Compression, stanzas: &[(String, u64)]) -> Vec<Vec<u8>> {
    let text = parts(stanzas).iter().map(|part| part.text).collect::<Vec<_>>().concat();
    let file = cold(compression, &parts(stanzas));
    let mut foreign = vec![
        vec![],
        text.clone(),
        gzip(&text).unwrap(),
        zstd::frame(&text).unwrap(),
        whole(compression, &text).unwrap(),
        cold(compression, &parts(&stanzas[1..])),
        [file.as_slice(), b"\0"].concat(),
        [file.as_slice(), &file].concat(),
    ];
    let cuts = (0..file.len()).step_by(file.len() / 7);
    foreign.extend(cuts.map(|length| file[..length].to_vec()));
    foreign
}

#[test]
fn a_foreign_file_is_of_no_use_and_no_harm() {
    let stanzas: Vec<_> = (0..100).map(stanza).collect();
    let mut longer = stanzas.clone();
    longer.push(stanza(9_999));
    for compression in IN_BLOCKS {
        let expected = cold(compression, &parts(&longer));
        for (index, file) in foreign(compression, &stanzas).iter().enumerate() {
            let rebuilt = rebuilt(compression, &parts(&stanzas), file, &parts(&longer));
            assert!(rebuilt == expected, "{compression}, file {index}");
        }
    }
}

#[test]
fn sizes_that_are_lies_bring_nothing_down() {
    let stanzas: Vec<_> = (0..100).map(stanza).collect();
    let text = parts(&stanzas);
    let size = cut(&text).size();
    for compression in IN_BLOCKS {
        let file = cold(compression, &text);
        let starts: Vec<_> = container::packed(compression, &file).unwrap();
        let second = file.len().min(starts[0].bytes.len());
        let places = (0..24).chain(second..second + 24).chain(file.len() - 32..file.len());
        for place in places {
            for bits in [0x01, 0x80] {
                let mut altered = file.clone();
                altered[place] ^= bits;
                // Neither panics, and what is decoded is what was compressed.
                let _ = rebuilt(compression, &text, &altered, &text);
                if let Ok(bytes) = decompress(compression, &altered, size) {
                    assert!(bytes == decompress(compression, &file, size).unwrap());
                }
            }
        }
    }
}

#[test]
fn files_are_decoded_as_one_decoder_decodes_them() {
    let stanzas: Vec<_> = (0..300).map(stanza).collect();
    let text = cut(&parts(&stanzas)).pieces().collect::<Vec<_>>().concat();
    let size = text.len() as u64;
    for compression in IN_BLOCKS {
        let file = cold(compression, &parts(&stanzas));
        assert!(container::packed(compression, &file).unwrap().len() > 1);
        assert!(decompress(compression, &file, size).unwrap() == text);
        assert!(unpack(compression, Frames::Several, &file).unwrap() == text);
        assert!(decompress(compression, &file, size - 1).is_err());
        assert!(decompress(compression, &file, size + 1).unwrap() == text);
    }
}

#[test]
fn a_file_holds_its_own_text_and_no_other() {
    let stanzas: Vec<_> = (0..300).map(stanza).collect();
    let text = cut(&parts(&stanzas)).pieces().collect::<Vec<_>>().concat();
    let longer = [&text[..], b"\n"].concat();
    for compression in Compression::ALL {
        let file = cold(compression, &parts(&stanzas));
        assert!(holds(compression, &file, &text), "{compression:?}");
        assert!(!holds(compression, &file, &longer) && !holds(compression, &file, &longer[1..]));
        assert!(!holds(compression, &file, &text[..text.len() - 1]));
        for place in [0, text.len() / 2, text.len() - 1] {
            let mut other = text.clone();
            other[place] ^= 1;
            assert!(!holds(compression, &file, &other), "{compression:?} {place}");
        }
        assert!(!holds(compression, &file[..file.len() - 1], &text), "{compression:?}");
        assert!(!holds(compression, b"", &text));
    }
}

#[test]
fn an_encoder_is_called_the_same_each_time_and_no_two_the_same() {
    let names = IN_BLOCKS.map(|compression| encoder(compression).unwrap());
    assert_eq!(names, IN_BLOCKS.map(|compression| encoder(compression).unwrap()));
    assert!(names[0] != names[1] && names[1] != names[2]);
}
