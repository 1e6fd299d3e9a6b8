//! Builds a body from the bytes, and compares what the agent is given with what its page shows.
#![no_main]
#![allow(dead_code, reason = "the test of the same judge uses more of it")]

#[path = "../../tests/shown_text/judge/mod.rs"]
mod judge;

use std::collections::BTreeMap;

use judge::bodies::{Choices, body};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let body = body(Choices::Bytes(bytes), &mut BTreeMap::new());
    let difference = judge::difference(&body);
    assert!(difference.is_none(), "{body:?} {difference:?}");
});
