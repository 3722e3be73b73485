//! `Contents` files: which packages have which file (apt-file(1)).
//!
//! A line is a path without a slash before it, a blank, and the packages that have the file, with
//! commas between them, each behind its section. Lines are sorted by path, packages by what stands
//! there, both bytewise. So the text is a function of what it lists, however it came about: what is
//! kept of an earlier text and what is added come out as if all of it had been added.
//!
//! A path that no line can hold is left out: readers take the last blanks of a line for its middle.

use std::collections::BTreeSet;

use crate::compression::Part;
use crate::debian::name::PackageName;
use crate::digest::Sha256;

/// What a text has at its end if its name is spent: readers skip it.
pub const EMPTY_LINE: Part<'_> = Part { text: b"\n", mark: None };

/// Of how many lines one may begin a compressed block.
///
/// It keeps the parts few and still gives some dozens to choose from in each block.
const LINES: u8 = 32;

/// Returns how lines call a package: its name, behind its section if it has a usable one.
///
/// Section and name are told apart by the last slash, which no name has.
pub fn owner(section: Option<&str>, name: &PackageName) -> String {
    let is_usable = |section: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        !section.is_empty() && section.bytes().all(is_plain)
    };
    match section.filter(is_usable) {
        Some(section) => format!("{section}/{name}"),
        None => name.to_string(),
    }
}

/// Returns the text that has of `earlier` what the owners in `kept` have, and the files that are
/// `added`, each a path and its owner.
pub fn merged<'a>(
    earlier: &'a [u8],
    kept: &BTreeSet<String>,
    added: impl IntoIterator<Item = (&'a [u8], &'a str)>,
) -> Vec<u8> {
    let is_kept = |(_, owner): &(&[u8], &str)| kept.contains(*owner);
    let is_listable = |(path, _): &(&[u8], &str)| is_listable(path);
    let mut files: Vec<_> = entries(earlier).filter(is_kept).collect();
    files.extend(added.into_iter().filter(is_listable));
    files.sort_unstable();
    files.dedup();
    let mut text = Vec::new();
    for lines in files.chunk_by(|(one, _), (other, _)| one == other) {
        for (index, (path, owner)) in lines.iter().enumerate() {
            text.extend_from_slice(if index == 0 { path } else { b"" });
            text.push(if index == 0 { b' ' } else { b',' });
            text.extend_from_slice(owner.as_bytes());
        }
        text.push(b'\n');
    }
    text
}

/// Returns the files in a text, each once for each of its owners.
///
/// What is no line of this format is passed over.
pub fn entries(text: &[u8]) -> impl Iterator<Item = (&[u8], &str)> {
    text.split(|byte| *byte == b'\n').filter_map(split).flat_map(|(path, owners)| {
        let owners = owners.split(',').filter(|owner| !owner.is_empty());
        owners.map(move |owner| (path, owner))
    })
}

/// Returns a text in parts, some of which may begin a compressed block.
///
/// What marks one is the digest of the path of its first line, so a file that comes or goes moves
/// only the borders beside it.
pub fn parts(text: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut mark) = (0, None);
    let mut offset = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let here = split(line.trim_ascii_end()).and_then(|(path, _)| border(path));
        if here.is_some() && offset > start {
            parts.push(Part { text: &text[start..offset], mark });
            start = offset;
        }
        mark = here.or(mark.filter(|_| offset > start));
        offset += line.len();
    }
    if offset > start {
        parts.push(Part { text: &text[start..], mark });
    }
    parts
}

/// Returns the mark of a line that may begin a block.
fn border(path: &[u8]) -> Option<u64> {
    let digest = Sha256::of(path);
    let (mark, rest) = digest.as_bytes().split_first_chunk()?;
    (rest[0] < u8::MAX / LINES + 1).then(|| u64::from_be_bytes(*mark))
}

/// Returns the path of a line and its owners.
fn split(line: &[u8]) -> Option<(&[u8], &str)> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let blank = line.iter().rposition(is_blank)?;
    let end = line[..blank].iter().rposition(|byte| !is_blank(byte))? + 1;
    let owners = str::from_utf8(&line[blank + 1..]).ok()?;
    Some((&line[..end], owners))
}

/// Tells whether a line can hold a path, and readers find it there as it is.
fn is_listable(path: &[u8]) -> bool {
    !path.is_empty() && !path.ends_with(b" ") && !path.iter().any(u8::is_ascii_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compression::Blocks;

    type Files = Vec<(Vec<u8>, String)>;

    fn text(files: &Files) -> Vec<u8> {
        merged(b"", &BTreeSet::new(), borrowed(files))
    }

    fn borrowed(files: &Files) -> impl Iterator<Item = (&[u8], &str)> {
        files.iter().map(|(path, owner)| (path.as_slice(), owner.as_str()))
    }

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, owner)| (path.as_bytes().to_vec(), (*owner).to_owned())).collect()
    }

    #[test]
    fn each_path_has_one_line_with_all_its_packages() {
        let files = files(&[
            ("usr/bin/widget", "utils/widget"),
            ("etc/shared", "utils/widget"),
            ("etc/shared", "gadget"),
            ("etc/shared", "gadget"),
            ("usr/share/doc/a file", "non-free/doc/widget-doc"),
        ]);
        let text = text(&files);
        assert_eq!(
            str::from_utf8(&text).unwrap(),
            "etc/shared gadget,utils/widget\n\
             usr/bin/widget utils/widget\n\
             usr/share/doc/a file non-free/doc/widget-doc\n"
        );
    }

    #[test]
    fn paths_that_no_line_can_hold_are_left_out() {
        let odd = ["", "a\nb", "a\tb", "trailing ", "del\x7f", "  ", "\x1b[31m"];
        let odd: Vec<_> = odd.iter().map(|path| (*path, "widget")).collect();
        assert_eq!(text(&files(&odd)), b"");
        let fine = files(&[(" leading", "w"), ("in  the middle", "w"), ("ü", "w")]);
        assert_eq!(entries(&text(&fine)).count(), 3);
    }

    #[test]
    fn a_section_that_no_line_can_hold_is_left_out() {
        let name = "widget".parse().unwrap();
        let owners = [None, Some(""), Some("two words"), Some("a,b"), Some("contrib/net")]
            .map(|section| owner(section, &name));
        assert_eq!(owners, ["widget", "widget", "widget", "widget", "contrib/net/widget"]);
    }

    #[test]
    fn lines_of_other_programs_are_read() {
        let text =
            b"FILE                LOCATION\n\nbin/a\t \tutils/a\nno-package\nbin/b  x/b,y/c,\n";
        let read: Vec<_> = entries(text).collect();
        let expected: [(&[u8], &str); 4] =
            [(b"FILE", "LOCATION"), (b"bin/a", "utils/a"), (b"bin/b", "x/b"), (b"bin/b", "y/c")];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_file_more_leaves_almost_all_blocks_as_they_were() {
        let lines = |from: u32| -> Files {
            let path = |number| format!("usr/share/widget/{number:06}").into_bytes();
            (from..60_000).map(|number| (path(number), "utils/widget".to_owned())).collect()
        };
        let (before, after) = (text(&lines(1)), text(&lines(0)));
        let (before, after) = (parts(&before), parts(&after));
        let blocks =
            |parts: &[Part<'_>]| format!("{:?}", Blocks::cut(parts)).matches("Block(").count();
        assert!(blocks(&before) > 4, "{}", blocks(&before));
        let same = before.iter().rev().zip(after.iter().rev()).filter(|(a, b)| a == b).count();
        assert!(before.len() - same <= 1, "{} of {}", same, before.len());
    }

    fn any_files() -> impl Strategy<Value = Files> {
        let path =
            prop::collection::vec(prop::sample::select(b"ab /,\xc3\xbc\t\n.".to_vec()), 0..5);
        prop::collection::vec(
            (path, prop::sample::select(vec!["a", "b", "s/a", "s/c", "t/u/d"])),
            0..30,
        )
        .prop_map(|files| files.into_iter().map(|(path, owner)| (path, owner.to_owned())).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn what_is_kept_and_added_comes_out_as_if_all_were_new(
            all in any_files(),
            mut gone in any_files(),
        ) {
            // Packages change as a whole.
            let kept: BTreeSet<String> = ["a", "s/c"].map(str::to_owned).into();
            gone.retain(|(_, owner)| !kept.contains(owner));
            let (stays, comes): (Files, Files) =
                all.iter().cloned().partition(|(_, owner)| kept.contains(owner));
            let earlier = text(&stays.iter().cloned().chain(gone).collect());
            prop_assert_eq!(merged(&earlier, &kept, borrowed(&comes)), text(&all));
        }

        #[test]
        fn a_text_reads_back_and_its_parts_are_all_of_it(all in any_files()) {
            let text = text(&all);
            let again: Files =
                entries(&text).map(|(path, owner)| (path.to_vec(), owner.to_owned())).collect();
            prop_assert!(again.is_sorted());
            prop_assert_eq!(&self::text(&again), &text);
            let parts: Vec<_> = parts(&text).iter().map(|part| part.text).collect();
            prop_assert_eq!(parts.concat(), text);
        }
    }
}
