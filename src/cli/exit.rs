//! The exit statuses, which scripts rely on.

/// It worked; for `plan`, also with changes.
pub const SUCCESS: u8 = 0;
/// It failed: input, access, an invalid manifest.
pub const FAILURE: u8 = 1;
/// It worked and there are differences; nothing else ends like this.
pub const DIFFERENCES: u8 = 2;
/// It was planned, but a danger is in the way.
pub const BLOCKED: u8 = 3;
/// Another writer was faster, or a saved plan is outdated.
pub const CONFLICT: u8 = 4;
/// The command line is wrong.
pub const USAGE: u8 = 64;
