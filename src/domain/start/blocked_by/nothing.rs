//! The words that say "there is no blocker", in the languages that trackers are written in.
//!
//! What follows such a word behind a sign is ignored: "None — can start immediately". With another word directly behind it, it
//! begins a sentence or a name, in which references count: "No release before #12", "Null handling (#41)". Joined by a hyphen it is
//! another word.

use super::instead::CODE;
use super::none_words::{
    ALONE, ALONE_OR_EXPLAINED, NO, NOT_NOTHING, NOTHING, NOTHING_UNSPACED, NOW, OF_PROGRAMS,
    SUBJECTS, VERBS, folded,
};

/// What a text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// There is no blocker, whatever follows.
    Nothing,
    /// Such a word, and others directly behind it: there is no blocker unless it names one.
    No,
    /// Anything else.
    Other,
}

/// Reads the beginning of a text that stands behind list marks and emphasis.
pub(super) fn beginning(text: &str) -> Beginning {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_decoration(c));
    if text.is_empty() || text.chars().all(is_empty_sign) {
        return Beginning::Nothing;
    }
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_dash(c));
    // The longest words have two parts, with another two before them.
    let start = folded(&text.chars().take(80).collect::<String>());
    let start = behind_lead(&start);
    if is_noun_without(&folded(text)) {
        return Beginning::Nothing;
    }
    if NOT_NOTHING.iter().any(|word| start.starts_with(word)) {
        return Beginning::Other;
    }
    let unspaced = longest(NOTHING_UNSPACED, start, |_| true);
    if let Some(rest) = unspaced {
        return match Behind::of(rest) {
            Behind::Sign if takes_back(rest) => Beginning::No,
            Behind::End | Behind::Sign => Beginning::Nothing,
            Behind::Word | Behind::Joined => Beginning::No,
        };
    }
    if let Some(rest) = longest(NOTHING, start, ends) {
        return sentence(rest);
    }
    if let Some(rest) = longest(OF_PROGRAMS, start, ends) {
        return match Behind::of(rest) {
            Behind::End => Beginning::Nothing,
            Behind::Sign | Behind::Word => Beginning::No,
            Behind::Joined => Beginning::Other,
        };
    }
    if let Some(rest) = longest(ALONE, start, ends) {
        return match Behind::of(rest) {
            Behind::End => Beginning::Nothing,
            Behind::Sign | Behind::Word | Behind::Joined => Beginning::Other,
        };
    }
    if let Some(rest) = longest(ALONE_OR_EXPLAINED, start, ends) {
        return match Behind::of(rest) {
            Behind::End => Beginning::Nothing,
            Behind::Sign => Beginning::No,
            Behind::Word | Behind::Joined => Beginning::Other,
        };
    }
    match longest(NO, start, ends) {
        // "No. 12"
        Some(rest)
            if rest
                .trim_start_matches(|c| is_closing(c) || matches!(c, '.' | ' ' | ':'))
                .starts_with(|c: char| c.is_ascii_digit() || c == '#') =>
        {
            Beginning::Other
        }
        Some(rest) => sentence(rest),
        None => Beginning::Other,
    }
}

/// Whether a text says in a language that ends with the negation that there are no blockers: "依存関係なし", "Зависимостей нет".
fn is_noun_without(text: &str) -> bool {
    const NOUNS: [&str; 11] = [
        "依存",
        "ブロッカー",
        "의존",
        "차단",
        "블로커",
        "зависимост",
        "блокер",
        "bağımlılık",
        "engel",
        "zależno",
        "bloker",
    ];
    const WITHOUT: [&str; 8] = [
        "なし",
        "無し",
        "없음",
        "없습니다",
        "нет",
        "yok",
        "brak",
        "немає",
    ];
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    NOUNS.iter().any(|noun| text.starts_with(noun))
        && WITHOUT.iter().any(|word| text.ends_with(word))
        && !text.contains(['#', '/'])
        && !text.contains(|c: char| c.is_ascii_digit())
}

/// The text behind what may lead to "none": "Currently", "There are", "This task has".
fn behind_lead(text: &str) -> &str {
    let text = behind_now(text);
    let Some(behind) = longest(SUBJECTS, text, ends) else {
        return text;
    };
    let behind = behind_now(behind.trim_start());
    let verb = longest(VERBS, behind, ends).unwrap_or(behind);
    behind_now(verb.trim_start())
}

fn behind_now(text: &str) -> &str {
    NOW.iter()
        .find_map(|now| text.strip_prefix(now))
        .map(|rest| rest.trim_start_matches([' ', ',', ':', '，', '、']))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(text)
}

/// The text behind the longest word that it begins with.
fn longest<'t>(words: &[&str], text: &'t str, ends: fn(&str) -> bool) -> Option<&'t str> {
    words
        .iter()
        .filter_map(|word| {
            text.strip_prefix(word)
                .filter(|rest| word.ends_with('\'') || ends(rest))
        })
        .min_by_key(|rest| rest.len())
}

fn ends(rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric)
}

/// Whether a text says that something is missing: "No API key yet", "no decision on the schema". With one of these words it speaks
/// of blockers, as "No known blockers" does.
pub(super) fn is_of_a_lack(text: &str) -> bool {
    const OF_BLOCKERS: [&str; 36] = [
        "dependencias",
        "dependências",
        "bloqueos",
        "bloqueios",
        "upstream",
        "block",
        "blocked",
        "blocker",
        "blockers",
        "blocking",
        "dependency",
        "dependencies",
        "dependent",
        "dependents",
        "depends",
        "deps",
        "issue",
        "issues",
        "item",
        "items",
        "link",
        "links",
        "linked",
        "need",
        "one",
        "other",
        "others",
        "pr",
        "prerequisite",
        "prerequisites",
        "prs",
        "requirements",
        "task",
        "tasks",
        "ticket",
        "tickets",
    ];
    let start = folded(&text.chars().take(80).collect::<String>());
    let Some(rest) = behind_lead(start.trim_start()).strip_prefix("no ") else {
        return false;
    };
    let mut words = rest
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8);
    !words.any(|word| OF_BLOCKERS.contains(&word))
}

/// Whether what stands behind a sign takes "none" back: "None, except #12".
fn takes_back(rest: &str) -> bool {
    const EXCEPT: [&str; 34] = [
        "except",
        "but",
        "only",
        "just",
        "apart",
        "besides",
        "until",
        "after",
        "wait",
        "once",
        "other",
        "aside",
        "although",
        "unless",
        "if",
        "save",
        "outside",
        "außer",
        "ausser",
        "bis",
        "sobald",
        "sauf",
        "hormis",
        "excepto",
        "salvo",
        "menos",
        "exceto",
        "tranne",
        "eccetto",
        "behalve",
        "oprócz",
        "кроме",
        "крім",
        "除",
    ];
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let word = rest.split(|c: char| !c.is_alphanumeric()).next();
    word.is_some_and(|word| EXCEPT.contains(&word) || word.starts_with('除'))
}

/// What a word with that behind it says.
fn sentence(rest: &str) -> Beginning {
    match Behind::of(rest) {
        Behind::Sign if takes_back(rest) => Beginning::No,
        Behind::End | Behind::Sign => Beginning::Nothing,
        Behind::Word => Beginning::No,
        Behind::Joined => Beginning::Other,
    }
}

/// What stands behind a word that says "none".
enum Behind {
    End,
    Sign,
    Word,
    /// Another part of the same word.
    Joined,
}

impl Behind {
    fn of(rest: &str) -> Self {
        let closed = rest.trim_start_matches(is_closing);
        if closed
            .chars()
            .all(|c| is_empty_sign(c) || matches!(c, '!' | '。' | '．'))
        {
            return Self::End;
        }
        let mut next = closed.chars();
        let (sign, second) = (next.next(), next.next());
        let is_word = |c: Option<char>| {
            c.is_some_and(|c| {
                c.is_alphanumeric()
                    || matches!(
                        c,
                        '#' | '@'
                            | '['
                            | '*'
                            | '_'
                            | '"'
                            | '“'
                            | '\''
                            | '`'
                            | '&'
                            | '+'
                            | '/'
                            | CODE
                    )
            })
        };
        match sign {
            Some(c) if c.is_alphanumeric() && rest.len() != closed.len() => Self::Joined,
            Some('-' | '‐' | '\u{2011}') if second.is_some_and(char::is_alphanumeric) => {
                Self::Joined
            }
            Some('.' | ':' | '=' | '\\' | '!') if is_word(second) => Self::Word,
            Some('<') if second != Some('/') => Self::Word,
            Some(c) if c.is_whitespace() => {
                let behind = closed.trim_start();
                let first = behind.chars().next();
                let is_break = behind.starts_with('<') && !behind.starts_with("</");
                if is_word(first) || is_break {
                    Self::Word
                } else {
                    Self::Sign
                }
            }
            first if is_word(first) => Self::Word,
            Some(_) | None => Self::Sign,
        }
    }
}

/// Whether a text is such a word, or "no" and what is not there, and nothing else. "No" alone answers something else.
pub(super) fn is_plain(text: &str) -> bool {
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || is_decoration(c) || matches!(c, '.' | '。' | '!')
    });
    let text = folded(text);
    let is_word = NOTHING.contains(&text.as_str()) || NOTHING_UNSPACED.contains(&text.as_str());
    let of_a_kind = text.split_whitespace().count() <= 3
        && text.starts_with("no ")
        && beginning(&text) == Beginning::No
        && !is_of_a_lack(&text);
    is_word || of_a_kind || !text.is_empty() && text.chars().all(is_dash)
}

/// Whether a text says nothing but "none".
pub(super) fn is_nothing(text: &str) -> bool {
    beginning(text) == Beginning::Nothing
}

/// Signs around words.
fn is_decoration(c: char) -> bool {
    matches!(
        c,
        '*' | '_' | '"' | '\'' | '“' | '”' | '(' | ')' | '[' | ']' | '|' | '~'
    )
}

/// Signs that close what a word stands in.
fn is_closing(c: char) -> bool {
    matches!(c, '*' | '_' | '"' | '\'' | '”' | ')' | ']' | '~')
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '‐' | '–' | '—' | '−' | '―')
}

/// Signs that stand where nothing is to be said.
fn is_empty_sign(c: char) -> bool {
    c.is_whitespace()
        || is_decoration(c)
        || is_dash(c)
        || matches!(c, '/' | '.' | '…' | 'ø' | 'Ø' | '∅' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vocabulary_is_lower_case_and_says_nothing() {
        for word in NOTHING.iter().chain(NOTHING_UNSPACED).chain(NO) {
            assert_eq!(folded(word), **word);
            if word.ends_with('\'') {
                continue;
            }
            for text in [
                (*word).to_owned(),
                word.to_uppercase(),
                format!("_{word}_"),
                format!("**{word}**."),
                format!("{word} — can start immediately"),
                format!("{word}, see below"),
                format!("({word})"),
                format!("—{word}—"),
                format!("Currently {word}"),
                format!("目前{word}"),
            ] {
                assert_eq!(beginning(&text), Beginning::Nothing, "{text:?}");
            }
        }
    }

    #[test]
    fn sentences_and_numbers_are_not_taken_for_nothing() {
        for (text, expected) in [
            ("No release before #12", Beginning::No),
            ("No blockers", Beginning::No),
            ("No. 12", Beginning::Other),
            ("No 12", Beginning::Other),
            ("no-one knows", Beginning::Other),
            ("Nonesuch", Beginning::Other),
            ("nothingness", Beginning::Other),
            ("Noah's change", Beginning::Other),
            ("TBD", Beginning::Other),
            ("Currently the parser", Beginning::Other),
            ("Currently", Beginning::Other),
            ("at the moment: none", Beginning::Nothing),
            ("For now, no blockers", Beginning::No),
            ("Zurzeit keine", Beginning::Nothing),
            ("当面なし", Beginning::Nothing),
            ("현재 없음", Beginning::Nothing),
            ("pas de blocage", Beginning::No),
            ("?", Beginning::Other),
            ("", Beginning::Nothing),
            ("—", Beginning::Nothing),
            ("- ", Beginning::Nothing),
            ("N/A", Beginning::Nothing),
            ("_No response_", Beginning::Nothing),
            ("无（前沿票）。", Beginning::Nothing),
            ("#12", Beginning::Other),
        ] {
            assert_eq!(beginning(text), expected, "{text:?}");
        }
    }
}
