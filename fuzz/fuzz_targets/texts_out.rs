//! Runs [`afk::hostile_input::texts_out`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afk::hostile_input::texts_out(bytes));
