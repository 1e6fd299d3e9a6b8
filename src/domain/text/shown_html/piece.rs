//! One raw piece of HTML, put together from its lines without what its Markdown containers put before them.
//!
//! A page reads raw HTML with the marks of quotes and lists taken off: `>` at the beginning of a quoted line ends no tag.

use std::ops::Range;

/// The text of a piece, and where each of its lines stands in the source.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Beginning of each line in `text` and in the source.
    lines: Vec<(usize, usize)>,
}

impl Piece {
    /// Puts a block together from the ranges of its lines, which hold no marks of containers.
    pub(super) fn of_lines(source: &str, lines: &[Range<usize>]) -> Self {
        let mut piece = Self {
            text: String::new(),
            lines: Vec::new(),
        };
        for line in lines {
            piece.lines.push((piece.text.len(), line.start));
            piece.text.push_str(&source[line.clone()]);
        }
        piece
    }

    /// Takes an inline piece as its parser read it. Every line of `text` is the end of a line of `range`, which may have
    /// marks of containers before it.
    pub(super) fn of_inline(source: &str, text: &str, range: &Range<usize>) -> Self {
        let mut piece = Self {
            text: text.to_owned(),
            lines: Vec::new(),
        };
        let mut start = range.start;
        let mut at = 0;
        let mut lines = text.split_inclusive('\n');
        for line in source[range.clone()].split_inclusive('\n') {
            let read = lines.next().unwrap_or_default();
            let prefix = line.len().saturating_sub(read.len());
            piece.lines.push((at, start + prefix));
            at += read.len();
            start += line.len();
        }
        piece
    }

    /// Returns where a place of the text stands in the source.
    pub(super) fn source_start(&self, at: usize) -> usize {
        let line = self
            .lines
            .partition_point(|(start, _)| *start <= at)
            .saturating_sub(1);
        self.lines
            .get(line)
            .map_or(0, |(start, in_source)| in_source + (at - start))
    }

    /// Returns where a part of the text, which is not empty, stands in the source.
    pub(super) fn source_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.source_start(range.start);
        start..self.source_start(range.end.saturating_sub(1)) + 1
    }
}

/// Returns whether the part of a piece before `end`, from where `hidden` begins, is blank. What begins before the piece
/// is taken for something.
pub(super) fn source_is_blank(piece: &Piece, hidden: &Range<usize>, end: usize) -> bool {
    piece.text[..end].rfind('>').is_some_and(|tag| {
        piece.source_range(tag + 1..end) == *hidden && piece.text[tag + 1..end].trim().is_empty()
    })
}

/// Returns where markup that a text begins with ends, with its closing mark.
pub(super) fn end_of(text: &str, close: &str) -> Option<usize> {
    // Behind the shortest opening, so that `<!--` does not close itself.
    const OPENING: usize = 2;
    let from = if close == "-->" { 4 } else { OPENING };
    text[from..].find(close).map(|end| from + end + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_piece_are_places_in_the_source() {
        let source = "> a\n> bc\n";
        let piece = Piece::of_lines(source, &[2..4, 6..9]);
        assert_eq!(piece.text, "a\nbc\n");
        assert_eq!(piece.source_range(0..1), 2..3);
        assert_eq!(piece.source_range(1..3), 3..7);
        assert_eq!(piece.source_range(3..4), 7..8);

        let source = "> x <i\n>  b>\n";
        let piece = Piece::of_inline(source, "<i\nb>", &(4..12));
        assert_eq!(piece.source_range(0..2), 4..6);
        assert_eq!(piece.source_range(3..5), 10..12);
    }
}
