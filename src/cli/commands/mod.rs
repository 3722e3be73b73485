//! The verbs: arguments and wiring.

pub mod apply;
pub mod check;
pub mod completions;
pub mod drift;
pub mod explain;
pub mod gc;
pub mod init;
pub mod keys;
pub mod log;
pub mod man;
pub mod plan;
pub mod publish;
pub mod query;
pub mod schema;
pub mod version;
