//! What was lost or altered since it was published, and what makes up for it.

use crate::plan::{Plan, Upload, diff};

/// An object that is not what was published under its key, and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The object's key.
    pub key: String,
    /// What is wrong with it.
    pub damage: Damage,
    /// What makes up for it.
    pub remedy: Remedy,
}

/// What is wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// It is not there.
    Missing,
    /// It has another content.
    Altered,
}

/// What makes up for a damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The object of this key has the same bytes.
    Copy(String),
    /// Compressing another form of the same index gives the same bytes.
    Compression,
    /// The next generation lists another file in its place.
    Generation,
    /// A source of this run has the same file.
    File(Upload),
    /// An apply writes it in any case.
    Anew,
    /// Nothing here has its bytes.
    None,
}

impl Damage {
    /// Returns the name, as documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Altered => "altered",
        }
    }
}

impl Remedy {
    /// Returns the name, as documents have it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Copy(_) => "copy",
            Self::Compression => "compression",
            Self::Generation => "generation",
            Self::File(_) => "file",
            Self::Anew => "anew",
            Self::None => "none",
        }
    }
}

impl Plan {
    /// Returns the plan that also makes up for these damages.
    ///
    /// An object that the plan repairs already is not repaired twice.
    #[must_use]
    pub fn with_repairs(mut self, repairs: Vec<Repair>) -> Self {
        self.repairs.extend(repairs);
        self.repairs.sort_by(|one, other| one.key.cmp(&other.key));
        self.repairs.dedup_by(|one, other| one.key == other.key);
        self.id = diff::identify(&self);
        self
    }

    /// Returns what the plan makes up for.
    pub fn repaired(&self) -> impl Iterator<Item = &Repair> {
        self.repairs.iter().filter(|repair| repair.remedy != Remedy::None)
    }

    /// Returns what is damaged and stays so.
    pub fn beyond_repair(&self) -> impl Iterator<Item = &Repair> {
        self.repairs.iter().filter(|repair| repair.remedy == Remedy::None)
    }
}
