//! A text, in words, numbers and marks.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Number(&'t str),
    Mark(char),
}

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = |inside: fn(char) -> bool| rest.find(|c: char| !inside(c)).unwrap_or(rest.len());
        let length = if first.is_ascii_digit() {
            let length = end(|c| c.is_ascii_digit());
            tokens.push(Token::Number(&rest[..length]));
            length
        } else if first.is_alphabetic() {
            let length = end(char::is_alphabetic);
            tokens.push(Token::Word(&rest[..length]));
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// Leaves marks and some words out at the beginning.
pub(super) fn skip<'a, 't>(mut tokens: &'a [Token<'t>], words: &[&str]) -> &'a [Token<'t>] {
    loop {
        match tokens {
            [Token::Mark(mark), rest @ ..] if !matches!(mark, '|') => tokens = rest,
            [Token::Word(word), rest @ ..] if words.contains(word) => tokens = rest,
            rest => return rest,
        }
    }
}
