//! Makes a generation visible: first everything that it needs, then one conditional write.
//!
//! [`script`] decides in which order what is written, as plain data; [`run`] writes it. The one
//! place where a commit point changes is [`point`].

pub mod point;
pub mod run;
pub mod script;
