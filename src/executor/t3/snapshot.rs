//! Reads a snapshot thread by thread.
//!
//! The outer object is taken apart by hand, and each thread is decoded from a slice of its own: much faster than a decoder that
//! asks for byte after byte, and never more than one thread is held. A thread that is larger than [`SLICE_MAX_BYTES`] is decoded
//! as it arrives. Only the outer object is judged here; what stands inside, the decoder judges.

use std::io::{self, BufReader, Cursor, Read};

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Error, Result};

use super::wire::{WireProject, WireThread};
use crate::domain::identity::Title;
use crate::executor::SnapshotDays;

/// The largest thread that is held as a whole, in bytes. One with 60 tool calls has half a mebibyte.
const SLICE_MAX_BYTES: usize = 8 * 1024 * 1024;

/// How much is read at once, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Answer of `GET /api/orchestration/snapshot` and of `GET /api/orchestration/shell`, but for its threads.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// All projects.
    pub(super) projects: Vec<WireProject>,
    /// The bytes of the threads by their days.
    pub(super) days: SnapshotDays,
}

impl Snapshot {
    /// Reads an answer. `take` gets each thread as it comes, of those that are none of ours without the agent's words: whoever
    /// reads keeps what matters of ten thousand released ones, and they are never held side by side.
    ///
    /// # Errors
    ///
    /// When it can not be read, is no JSON, is cut short, or is no snapshot.
    pub(super) fn read(reader: impl Read, mut take: impl FnMut(WireThread)) -> Result<Self> {
        let mut source = Source::new(reader);
        let mut projects = None;
        let mut threads_read = false;
        let mut days = SnapshotDays::default();
        source.expect(b'{', "an object")?;
        if !source.ends_with(b'}')? {
            loop {
                let key: String = source.value()?;
                source.expect(b':', "a colon")?;
                match key.as_str() {
                    "projects" if projects.is_some() => {
                        return Err(Error::custom("projects twice"));
                    }
                    "threads" if threads_read => return Err(Error::custom("threads twice")),
                    "projects" => projects = Some(source.value()?),
                    "threads" => {
                        threads_read = true;
                        read_threads(&mut source, &mut days, &mut take)?;
                    }
                    _ => drop(source.value::<IgnoredAny>()?),
                }
                if !source.goes_on(b'}')? {
                    break;
                }
            }
        }
        if source.next_byte()?.is_some() {
            return Err(Error::custom("something follows the snapshot"));
        }
        if !threads_read {
            return Err(Error::missing_field("threads"));
        }
        Ok(Self {
            projects: projects.ok_or_else(|| Error::missing_field("projects"))?,
            days,
        })
    }
}

fn read_threads<R: Read>(
    source: &mut Source<R>,
    days: &mut SnapshotDays,
    take: &mut impl FnMut(WireThread),
) -> Result<()> {
    source.expect(b'[', "a list of threads")?;
    if source.ends_with(b']')? {
        return Ok(());
    }
    loop {
        let before = source.position();
        let mut thread: WireThread = source.value()?;
        let released = thread.archived_at.is_some() || thread.deleted_at.is_some();
        days.add(thread.created_at.0, released, source.position() - before);
        // A thread of ours whose messages were cut still has its title.
        if thread.messages.ours.is_empty() && Title::parse(&thread.title).is_none() {
            thread.messages.last_words = None;
        }
        take(thread);
        if !source.goes_on(b']')? {
            return Ok(());
        }
    }
}

/// Where a value ends, found byte by byte. Knows strings and nesting, and nothing else of JSON.
#[derive(Debug, Default)]
struct Extent {
    depth: usize,
    in_string: bool,
    escaped: bool,
    begun: bool,
    done: bool,
}

impl Extent {
    /// Returns how many of these bytes belong to the value.
    fn advance(&mut self, chunk: &[u8]) -> usize {
        let mut at = 0;
        while at < chunk.len() && !self.done {
            if self.in_string {
                at += self.advance_in_string(&chunk[at..]);
                continue;
            }
            match chunk[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => {
                    self.done = true;
                    return at;
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    self.done = self.depth == 0;
                }
                // A number or a word ends where something else begins.
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 => {
                    self.done = true;
                    return at;
                }
                _ => {}
            }
            self.begun = true;
            at += 1;
        }
        at
    }

    fn advance_in_string(&mut self, chunk: &[u8]) -> usize {
        if self.escaped {
            self.escaped = false;
            return 1;
        }
        let Some(at) = chunk
            .iter()
            .position(|byte| *byte == b'"' || *byte == b'\\')
        else {
            return chunk.len();
        };
        if chunk[at] == b'\\' {
            self.escaped = true;
        } else {
            self.in_string = false;
            self.done = self.depth == 0;
        }
        at + 1
    }
}

/// An answer, as far as it is read.
struct Source<R> {
    reader: R,
    chunk: Box<[u8]>,
    from: usize,
    to: usize,
    /// Bytes before the chunk.
    passed: u64,
    /// Kept between values, so that its room is used again.
    slice: Vec<u8>,
}

impl<R: Read> Source<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            from: 0,
            to: 0,
            passed: 0,
            slice: Vec::new(),
        }
    }

    /// Returns how many bytes were used.
    const fn position(&self) -> u64 {
        self.passed + self.from as u64
    }

    /// Returns what was read and not used; empty at the end.
    fn unused(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            self.passed += self.from as u64;
            self.from = 0;
            self.to = loop {
                match self.reader.read(&mut self.chunk) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
        }
        Ok(&self.chunk[self.from..self.to])
    }

    /// Returns the next byte that is no blank, and leaves it there.
    fn next_byte(&mut self) -> Result<Option<u8>> {
        loop {
            let unused = self.unused().map_err(Error::io)?;
            if unused.is_empty() {
                return Ok(None);
            }
            let blanks = unused
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
                .count();
            let next = unused.get(blanks).copied();
            self.from += blanks;
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<()> {
        match self.next_byte()? {
            Some(found) if found == byte => {
                self.from += 1;
                Ok(())
            }
            Some(_) => Err(Error::custom(format!("expected {what}"))),
            None => Err(cut_short()),
        }
    }

    /// Whether the end of a list or an object comes at once; takes it.
    fn ends_with(&mut self, end: u8) -> Result<bool> {
        let ends = self.next_byte()? == Some(end);
        if ends {
            self.from += 1;
        }
        Ok(ends)
    }

    /// Whether another item follows; takes the comma or the end.
    fn goes_on(&mut self, end: u8) -> Result<bool> {
        if self.ends_with(end)? {
            return Ok(false);
        }
        self.expect(b',', "a comma").map(|()| true)
    }

    /// Decodes the next value.
    fn value<T: DeserializeOwned>(&mut self) -> Result<T> {
        if self.next_byte()?.is_none() {
            return Err(cut_short());
        }
        let mut extent = Extent::default();
        let mut slice = std::mem::take(&mut self.slice);
        slice.clear();
        while !extent.done && slice.len() <= SLICE_MAX_BYTES {
            let unused = self.unused().map_err(Error::io)?;
            if unused.is_empty() {
                break;
            }
            let taken = extent.advance(unused);
            slice.extend_from_slice(&unused[..taken]);
            self.from += taken;
        }
        if !extent.done && slice.len() > SLICE_MAX_BYTES {
            let rest = Rest {
                source: self,
                extent,
            };
            let whole = Cursor::new(slice).chain(rest);
            return decode_all(&mut serde_json::Deserializer::from_reader(BufReader::new(
                whole,
            )));
        }
        let value = serde_json::from_slice(&slice);
        // The room of one large thread is not kept for all the others.
        if slice.capacity() <= SLICE_MAX_BYTES / 4 {
            self.slice = slice;
        }
        value
    }
}

fn decode_all<'de, T: Deserialize<'de>, R: serde_json::de::Read<'de>>(
    decoder: &mut serde_json::Deserializer<R>,
) -> Result<T> {
    let value = T::deserialize(&mut *decoder)?;
    decoder.end().map(|()| value)
}

/// What is left of a value that is too large to be held.
struct Rest<'s, R> {
    source: &'s mut Source<R>,
    extent: Extent,
}

impl<R: Read> Read for Rest<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.extent.done || buffer.is_empty() {
            return Ok(0);
        }
        let unused = self.source.unused()?;
        let length = unused.len().min(buffer.len());
        let taken = self.extent.advance(&unused[..length]);
        buffer[..taken].copy_from_slice(&unused[..taken]);
        self.source.from += taken;
        Ok(taken)
    }
}

/// The decoder's own words for an answer that breaks off.
fn cut_short() -> Error {
    serde_json::from_slice::<IgnoredAny>(b"{")
        .err()
        .unwrap_or_else(|| Error::custom("cut short"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Gives a few bytes at a time.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn thread(id: &str, text: &str) -> Value {
        json!({
            "id": id,
            "title": "t",
            "archivedAt": null,
            "messages": [{"id": "m", "role": "user", "text": text, "createdAt": "2026-01-01T00:00:00Z"}],
            "activities": [{"kind": "tool.completed", "payload": {"data": {"output": "\"]}\\ {[\""}}}],
        })
    }

    fn read(reader: impl Read) -> Result<Snapshot> {
        Snapshot::read(reader, drop)
    }

    fn ids(text: &str, step: usize) -> Vec<String> {
        let mut ids = Vec::new();
        Snapshot::read(Dripping(text.as_bytes(), step), |thread| {
            ids.push(thread.id);
        })
        .unwrap();
        ids
    }

    #[test]
    fn threads_are_found_however_the_answer_arrives() {
        let body = json!({
            "snapshotSequence": 17,
            "odd": ["}", {"threads": []}, "\\", null, -1.5e3, true],
            "projects": [{"id": "p", "title": "acme/x", "workspaceRoot": "/x"}],
            "threads": [thread("a", "\"quoted\" \\ ]}"), thread("b", "ä\u{1f600}"), thread("c", "")],
            "updatedAt": "2026-01-01T00:00:00Z",
        });
        for text in [
            body.to_string(),
            serde_json::to_string_pretty(&body).unwrap(),
        ] {
            for step in [1, 2, 3, 7, 64, 100_000] {
                assert_eq!(ids(&text, step), ["a", "b", "c"], "{step}");
            }
        }
        assert_eq!(
            ids(r#" { "threads" : [ ] , "projects" : [ ] } "#, 1),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_no_snapshot_is_an_error_and_what_breaks_off_is_called_so() {
        let whole = json!({"projects": [], "threads": [thread("a", "x")]}).to_string();
        assert!(read(whole.as_bytes()).is_ok());
        for length in 0..whole.len() {
            let error = read(&whole.as_bytes()[..length]).unwrap_err();
            assert!(error.is_eof(), "{length}: {error}");
        }
        for text in [
            "[]",
            "null",
            "7",
            "{}",
            r#"{"projects": []}"#,
            r#"{"threads": []}"#,
            r#"{"projects": [], "threads": {}}"#,
            r#"{"projects": [], "threads": [7]}"#,
            r#"{"projects": [], "threads": [,]}"#,
            r#"{"projects": [], "threads": [] "x": 1}"#,
            r#"{"projects": [], "threads": [], }"#,
            r#"{"projects": [], "threads": []} x"#,
            r#"{"projects": [], "threads": []}}"#,
            r#"{"projects": [], "threads": [], "threads": []}"#,
            r#"{"projects": [], "projects": [], "threads": []}"#,
            r#"{"projects": [], "threads": [], "x": tru}"#,
            r#"{"projects": [], "threads": [], "x": [1, 2}}"#,
            r#"{"projects": [], "threads": [], 7: 1}"#,
            r#"{"projects": [], "threads": [], "x" 1}"#,
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(!error.is_io(), "{text}: {error}");
        }
    }

    #[test]
    fn a_thread_that_is_too_large_to_be_held_is_read_as_it_arrives() {
        let long = "x\\".repeat(SLICE_MAX_BYTES / 2);
        let body = json!({"projects": [], "threads": [thread("a", "x"), thread("large", &long), thread("b", "y")]});
        let text = body.to_string();
        assert!(text.len() > SLICE_MAX_BYTES);
        assert_eq!(ids(&text, 100_000), ["a", "large", "b"]);
        let error = read(&text.as_bytes()[..text.len() - 400]).unwrap_err();
        assert!(error.is_eof(), "{error}");
    }

    #[test]
    fn every_byte_of_a_thread_counts_for_its_day_however_it_arrives() {
        let mut young = thread("a", &"x".repeat(200_000));
        young["createdAt"] = json!("2026-01-20T00:00:00Z");
        let mut old = thread("b", "y");
        old["createdAt"] = json!("2025-11-01T00:00:00Z");
        old["archivedAt"] = json!("2025-11-02T00:00:00Z");
        let lengths = [&young, &old].map(|thread| thread.to_string().len() as u64);
        let text = json!({"projects": [], "threads": [young, old]}).to_string();
        let now = "2026-01-21T00:00:00Z".parse().unwrap();
        for step in [1, 100, 70_000, 1_000_000] {
            let days = read(Dripping(text.as_bytes(), step)).unwrap().days;
            let size = days.size(0, now);
            assert_eq!(size.bytes_per_week, lengths[0] / 4, "{step}");
            assert_eq!(size.bytes_released_long_ago, lengths[1], "{step}");
        }
    }

    #[test]
    fn an_error_of_the_connection_stays_one() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let answer = Cursor::new(br#"{"projects": [], "threads": [{"id"#).chain(Broken);
        assert!(read(answer).unwrap_err().is_io());
    }
}
