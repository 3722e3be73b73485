//! libFuzzer's way to `manifest`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::manifest(input));
