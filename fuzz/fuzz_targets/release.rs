//! libFuzzer's way to `release`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::release(input));
