//! libFuzzer's way to `contents`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::contents(input));
