//! The promises of [`Store`], over every backend.
