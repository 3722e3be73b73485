//! The verbs: arguments and wiring.

pub mod add;
pub mod apply;
pub mod check;
pub mod completions;
pub mod drift;
pub mod explain;
pub mod fmt;
pub mod gc;
pub mod init;
pub mod keep;
pub mod keys;
pub mod log;
pub mod man;
pub mod plan;
pub mod promote;
pub mod publish;
pub mod query;
pub mod remove;
pub mod rollback;
pub mod schema;
pub mod version;
pub mod yank;
