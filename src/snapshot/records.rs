//! Where the packages of a component came from, as the state file has it: one line of text each.
//!
//! Most packages of a repository came from the same few sources, whose names are kept once.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where one package came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageRecord {
    /// The names of the sources that brought it.
    #[serde(serialize_with = "write_names")]
    pub by: Arc<BTreeSet<String>>,
    /// When it was first published, in seconds since 1970.
    pub at: i64,
    /// When a newer version first stood beside it, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<i64>,
}

/// Records by `name version architecture`, in the order of these texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// All names, one behind the other: each by itself would take as much again.
    names: String,
    /// The ends of the names, and the records.
    entries: Vec<(u32, PackageRecord)>,
}

impl Records {
    /// Returns what looks up one record after the other, quickest in the order of the names.
    pub fn reader(&self) -> Reader<'_> {
        Reader { records: self, next: 0 }
    }

    /// Returns all records, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PackageRecord)> {
        let mut start = 0;
        self.entries.iter().map(move |(end, record)| {
            let name = &self.names[offset(start)..offset(*end)];
            start = *end;
            (name, record)
        })
    }

    /// Returns the number of packages.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the name of the record at a place.
    fn name(&self, place: usize) -> Option<&str> {
        let (end, _) = self.entries.get(place)?;
        let start = place.checked_sub(1).map_or(0, |before| self.entries[before].0);
        Some(&self.names[offset(start)..offset(*end)])
    }

    /// Returns the place of a name.
    fn find(&self, name: &str) -> Option<usize> {
        let mut places = 0..self.len();
        while !places.is_empty() {
            let middle = places.start + places.len() / 2;
            match self.name(middle)?.cmp(name) {
                Ordering::Less => places.start = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => places.end = middle,
            }
        }
        None
    }

    fn push(&mut self, name: &str, record: PackageRecord) {
        self.names.push_str(name);
        let end = u32::try_from(self.names.len()).expect("no state is larger than 2 GiB");
        self.entries.push((end, record));
    }

    /// Returns records of which each name is there once; of several the last one counts.
    fn sorted(self) -> Self {
        let names = || self.iter().map(|(name, _)| name);
        if names().is_sorted_by(|one, other| one < other) {
            return self;
        }
        let in_order: BTreeMap<&str, &PackageRecord> = self.iter().collect();
        let mut sorted = Self::default();
        in_order.into_iter().for_each(|(name, record)| sorted.push(name, record.clone()));
        sorted
    }
}

/// Returns where in the names something is.
fn offset(offset: u32) -> usize {
    usize::try_from(offset).expect("the names are in memory")
}

/// Looks up records, made by [`Records::reader`].
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    records: &'a Records,
    /// The place behind the last record that was found.
    next: usize,
}

impl<'a> Reader<'a> {
    /// Returns the record of a package.
    pub fn get(&mut self, name: &str) -> Option<&'a PackageRecord> {
        let is_next = self.records.name(self.next).is_some_and(|known| known == name);
        let place = if is_next { self.next } else { self.records.find(name)? };
        self.next = place + 1;
        Some(&self.records.entries[place].1)
    }
}

impl<N: AsRef<str>> FromIterator<(N, PackageRecord)> for Records {
    fn from_iter<I: IntoIterator<Item = (N, PackageRecord)>>(entries: I) -> Self {
        let mut records = Self::default();
        entries.into_iter().for_each(|(name, record)| records.push(name.as_ref(), record));
        records.sorted()
    }
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, record) in self.iter() {
            map.serialize_entry(name, record)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordsVisitor)
    }
}

fn write_names<S: Serializer>(
    names: &Arc<BTreeSet<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(names.iter())
}

/// A record as it is read: names that are written plainly are not copied.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    by: Vec<Name<'a>>,
    at: i64,
    #[serde(default)]
    superseded: Option<i64>,
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Written<'_> {
    /// Returns the record; its names are those of the record before, if they are the same.
    fn record(self, before: Option<&PackageRecord>) -> PackageRecord {
        let Self { by, at, superseded } = self;
        let is_same = |before: &&PackageRecord| before.by.iter().eq(by.iter().map(|name| &*name.0));
        let by = match before.filter(is_same) {
            Some(before) => Arc::clone(&before.by),
            None => Arc::new(by.into_iter().map(|name| name.0.into_owned()).collect()),
        };
        PackageRecord { by, at, superseded }
    }
}

struct RecordsVisitor;

impl<'de> Visitor<'de> for RecordsVisitor {
    type Value = Records;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record for each package")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Records, A::Error> {
        let mut records = Records::default();
        while let Some((name, record)) = map.next_entry::<Name<'_>, Written<'_>>()? {
            let record = record.record(records.entries.last().map(|(_, before)| before));
            records.push(&name.0, record);
        }
        Ok(records.sorted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: i64) -> PackageRecord {
        PackageRecord { by: Arc::new(["a".to_owned()].into()), at, superseded: None }
    }

    #[test]
    fn records_are_found_by_name_whatever_their_order_was() {
        let records = ["c", "a", "b"].map(|name| (name.to_owned(), record(name.len() as i64)));
        let records = Records::from_iter(records);
        assert_eq!(records.iter().map(|(name, _)| name).collect::<String>(), "abc");
        let mut reader = records.reader();
        let found = ["b", "c", "a", "d", "b"].map(|name| reader.get(name).is_some());
        assert_eq!(found, [true, true, true, false, true]);
        assert_eq!(reader.get("c"), Some(&record(1)));
    }

    #[test]
    fn what_was_written_is_read_back_with_the_last_of_equal_names() {
        let text = r#"{"b":{"by":["a"],"at":1},"a":{"by":["a"],"at":2},"b":{"by":["a"],"at":3}}"#;
        let records: Records = serde_json::from_str(text).unwrap();
        assert_eq!(records.iter().collect::<Vec<_>>(), [("a", &record(2)), ("b", &record(3))]);
        assert!(
            Arc::ptr_eq(&records.entries[0].1.by, &records.entries[1].1.by),
            "their names are kept once"
        );
        let escaped = text.replace(r#"["a"]"#, r#"["\u0061"]"#);
        assert_eq!(serde_json::from_str::<Records>(&escaped).unwrap(), records);
        let text = serde_json::to_string(&records).unwrap();
        assert_eq!(serde_json::from_str::<Records>(&text).unwrap(), records);
    }
}
