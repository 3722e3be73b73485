//! libFuzzer's way to `relation`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::relation(input));
