//! Reads one page of Markdown: the dialect, the parser and the walk over what the parser found.

use pulldown_cmark::{Event, Parser};

use super::blocks::behind_ends;
use super::dialect::Dialect;
use super::doubts::doubts;
use super::footnotes::Footnotes;
use super::links::used_definitions;
use super::page::{Page, Reader};
use super::plain_footnotes;
use super::{EventAt, OPTIONS, forge_pages};

/// Footnotes in another form than people write them in.
const FOOTNOTES: &str = "footnotes in a form that pages read in different ways";

/// Reads a source whose lines end in `\n`.
pub(super) fn read(source: &str) -> Page {
    let dialect = Dialect::of(source);
    let parsed = &*dialect.masked;
    let mut parser = Parser::new_ext(parsed, OPTIONS).into_offset_iter();
    let events: Vec<EventAt<'_>> = parser.by_ref().collect();
    let ended_items = behind_ends(source, &events);
    let footnotes = Footnotes::of(source, &events, &dialect.references, &ended_items);
    let mut reader = Reader::new(source, footnotes);
    for definition in used_definitions(source, &events, parser.reference_definitions()) {
        reader.definition(definition);
    }
    for ended in ended_items {
        reader.hide(ended);
    }
    let mut references = dialect.references.iter().peekable();
    for (event, range) in &events {
        reader.read(event, range);
        if !matches!(event, Event::Text(_)) {
            continue;
        }
        while let Some((label, place)) = references.next_if(|(_, place)| place.start < range.end) {
            if place.start >= range.start {
                reader.footnote_reference(label, place);
            }
        }
    }
    if dialect.is_unsure {
        reader.distrust_addresses();
    }
    for doubt in dialect
        .doubts
        .iter()
        .copied()
        .chain(doubts(source, &events))
        .chain(forge_pages::doubts(source, &events))
    {
        reader.doubt(doubt);
    }
    if !plain_footnotes::are_plain(source, &events, &dialect.references) {
        reader.doubt(FOOTNOTES);
    }
    reader.finish()
}
