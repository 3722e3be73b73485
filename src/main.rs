//! The `repoman` program: see `repoman::cli`.

fn main() {}
