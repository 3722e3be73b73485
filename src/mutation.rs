//! Breaks the commit protocol on purpose, so that its tests can show that they would notice.
//!
//! A thread of a debug build can switch one mutation on for itself. A release build has no switch:
//! there [`is_on`] is `false` for the compiler to see, and what depends on it is not compiled in.

/// A step that the protocol must not leave out or do in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// Package files are uploaded after the swap.
    PackagesLast,
    /// Index files are uploaded after the swap.
    IndicesLast,
    /// The commit point is not kept in the history.
    NoHistory,
    /// A generation has the id of the one that it replaces.
    BorrowedId,
    /// A generation has the Date of the one that it replaces.
    SameDate,
    /// Nobody waits until the second of the last swap is over.
    NoPause,
    /// Whatever commit point is there is replaced.
    BlindSwap,
    /// A write whose outcome isn't known counts as failed, one that was refused as lost.
    NoReadBack,
    /// Who loses a swap reports success.
    LoserIsDone,
    /// Copies are written before the swap.
    CopiesFirst,
    /// Whatever copy is there is replaced.
    BlindCopies,
    /// The seal is written before the copies that it stands for.
    SealFirst,
    /// What is given up is deleted at once.
    NoGrace,
    /// A name that was given up is used again however long ago that was.
    OldNames,
}

impl Mutation {
    /// Every one there is.
    pub const ALL: [Self; 14] = [
        Self::PackagesLast,
        Self::IndicesLast,
        Self::NoHistory,
        Self::BorrowedId,
        Self::SameDate,
        Self::NoPause,
        Self::BlindSwap,
        Self::NoReadBack,
        Self::LoserIsDone,
        Self::CopiesFirst,
        Self::BlindCopies,
        Self::SealFirst,
        Self::NoGrace,
        Self::OldNames,
    ];
}

/// Tells whether this thread is to make this mistake.
#[cfg(debug_assertions)]
pub fn is_on(mutation: Mutation) -> bool {
    switch::CURRENT.get() == Some(mutation)
}

/// Tells whether this thread is to make this mistake: never, in a release build.
#[cfg(not(debug_assertions))]
pub const fn is_on(_: Mutation) -> bool {
    false
}

#[cfg(debug_assertions)]
pub use switch::Switch;

#[cfg(debug_assertions)]
mod switch {
    use std::cell::Cell;

    use super::Mutation;

    thread_local! {
        pub(super) static CURRENT: Cell<Option<Mutation>> = const { Cell::new(None) };
    }

    /// Keeps a mutation on for its thread as long as it lives.
    #[derive(Debug)]
    #[must_use = "the mutation ends with it"]
    pub struct Switch(());

    impl Switch {
        /// Switches a mutation on, and any other off.
        pub fn on(mutation: Mutation) -> Self {
            CURRENT.set(Some(mutation));
            Self(())
        }
    }

    impl Drop for Switch {
        fn drop(&mut self) {
            CURRENT.set(None);
        }
    }
}
