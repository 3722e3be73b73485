//! Which packages are looked at, which of them are chosen, and in which order they come.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::entry::{Entry, Listing};
use super::field::{self, Field, FieldError, Nature};
use super::{Query, Term, value};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::debian::version::Version;
use crate::time::Timestamp;

/// A choice of packages.
///
/// All but the query says what is looked at; so `newest` counts all versions there are, whether
/// the query is true of them or not.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these distributions, if there are any.
    pub distributions: Vec<Codename>,
    /// Only these components, if there are any.
    pub components: Vec<Component>,
    /// Only what the indices of these architectures list, if there are any.
    pub architectures: Vec<Architecture>,
    /// Only so many of the newest versions of each name and architecture in each component.
    pub newest: Option<NonZeroUsize>,
    /// What has to be true.
    pub query: Option<Query>,
    /// What comes first, and what among equals.
    pub order: Vec<SortKey>,
}

/// A field to sort by; written with a `-` for the reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    field: Field,
    direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

/// A field that was asked for and that no package has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentField {
    /// Its name.
    pub name: String,
    /// The field that was most likely meant.
    pub near: Option<&'static str>,
}

impl Selection {
    /// Returns the chosen packages; `now` is what ages are reckoned from.
    pub fn of<'a>(&self, listing: &'a Listing, now: Timestamp) -> Vec<Entry<'a>> {
        let mut looked_at: Vec<Entry<'a>> =
            listing.entries().filter(|entry| self.looks_at(entry)).collect();
        if let Some(count) = self.newest {
            looked_at = newest(looked_at, count);
        }
        if let Some(query) = &self.query {
            looked_at.retain(|entry| query.matches(entry, now));
        }
        if !self.order.is_empty() {
            self.sort(&mut looked_at, now);
        }
        looked_at
    }

    /// Sorts by the keys; equals stay in their order.
    fn sort(&self, entries: &mut Vec<Entry<'_>>, now: Timestamp) {
        let ranks = |entry: &Entry<'_>| -> Vec<Rank> {
            self.order.iter().map(|key| key.rank(entry, now)).collect()
        };
        let mut ranked: Vec<_> = entries.iter().map(|entry| (ranks(entry), *entry)).collect();
        ranked.sort_by(|(left, _), (right, _)| {
            let pairs = left.iter().zip(right).zip(&self.order);
            let orders = pairs.map(|((left, right), key)| key.direct(left.cmp(right)));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        *entries = ranked.into_iter().map(|(_, entry)| entry).collect();
    }

    /// Returns the fields that the query or the order ask for.
    pub fn fields(&self) -> Vec<&Field> {
        let mut fields = self.order.iter().map(|key| &key.field).collect();
        if let Some(query) = &self.query {
            collect_fields(query, &mut fields);
        }
        fields
    }

    /// Returns the fields of stanzas that the query, the order or `shown` ask for and that none of
    /// the packages has.
    pub fn absent_fields(&self, listing: &Listing, shown: &[Field]) -> Vec<AbsentField> {
        let fields = self.fields().into_iter().chain(shown);
        let names: BTreeSet<&str> = fields.filter_map(Field::stanza_name).collect();
        let is_absent = |name: &&str| {
            field::usual(name) != Some(*name)
                && listing.entries().all(|entry| entry.stanza().get(name).is_none())
        };
        let absent = names.into_iter().filter(is_absent);
        absent.map(|name| AbsentField { name: name.to_owned(), near: field::near(name) }).collect()
    }

    fn looks_at(&self, entry: &Entry<'_>) -> bool {
        let lists = |architecture: &Architecture| {
            entry.architectures().any(|own| own == architecture.as_str())
        };
        (self.distributions.is_empty() || self.distributions.contains(entry.codename))
            && (self.components.is_empty() || self.components.contains(entry.component))
            && (self.architectures.is_empty() || self.architectures.iter().any(lists))
    }
}

/// Returns the newest entries of each name and architecture in each component.
fn newest(entries: Vec<Entry<'_>>, count: NonZeroUsize) -> Vec<Entry<'_>> {
    let mut seen = BTreeMap::new();
    let mut newest: Vec<Entry<'_>> = Vec::new();
    // Versions ascend, so the newest come first from behind.
    for entry in entries.into_iter().rev() {
        let Entry { codename, component, id, .. } = entry;
        let versions = seen.entry((codename, component, &id.name, &id.architecture)).or_insert(0);
        *versions += 1;
        if *versions <= count.get() {
            newest.push(entry);
        }
    }
    newest.reverse();
    newest
}

fn collect_fields<'a>(query: &'a Query, fields: &mut Vec<&'a Field>) {
    match query {
        Query::All(operands) | Query::Any(operands) => {
            operands.iter().for_each(|operand| collect_fields(operand, fields));
        }
        Query::Not(operand) => collect_fields(operand, fields),
        Query::Term(Term::Field { field, .. }) => fields.push(field),
        Query::Term(_) => {}
    }
}

/// What a value is worth in the order of its field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Absent,
    Number(u64),
    Time(Timestamp),
    Version(Version),
    Text(String),
}

impl SortKey {
    fn rank(&self, entry: &Entry<'_>, now: Timestamp) -> Rank {
        let time = self.field.moment(entry);
        match self.field.nature() {
            Nature::Size => entry.file().map_or(Rank::Absent, |file| Rank::Number(file.size)),
            Nature::Moment => time.map_or(Rank::Absent, Rank::Time),
            Nature::Age => {
                time.map_or(Rank::Absent, |at| Rank::Number(value::seconds_since(at, now)))
            }
            // A number is a version, too, so that numbers sort by their value.
            Nature::Version | Nature::Text => match self.field.value(entry, now) {
                None => Rank::Absent,
                Some(text) => {
                    text.parse().map_or_else(|_| Rank::Text(text.into_owned()), Rank::Version)
                }
            },
        }
    }

    fn direct(&self, order: Ordering) -> Ordering {
        match self.direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    }
}

impl FromStr for SortKey {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let (name, direction) = match text.strip_prefix('-') {
            Some(name) => (name, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        Ok(Self { field: name.parse()?, direction })
    }
}
