//! Runs [`afk::hostile_input::configuration`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afk::hostile_input::configuration(bytes));
