//! Answers by e-mail: what the writer wrote, without what the mail program quotes below or between it.
//!
//! A forge takes such an answer for a comment of whoever sent it, and the quoted text may be anybody's. Every marked line is
//! taken for a quote. What stands above a quote is known by its form, in any language. It can not tell a quote without any mark.

use std::ops::RangeInclusive;

/// What somebody wrote in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct OwnText {
    /// The text.
    pub(in crate::domain) text: String,
    /// How many quotes were taken out.
    pub(in crate::domain) removed: usize,
}

/// Lines that the name of who is quoted may take.
const ATTRIBUTION_LINES: usize = 3;

/// Lines of a head below which a message is quoted without marks.
const HEAD_LINES: usize = 6;

/// Lines that make a head in any language, when one of them holds an address.
const HEAD_LINES_AT_LEAST: usize = 3;

/// Words before the colon in a line of a head.
const HEAD_WORDS: usize = 3;

/// Letters of such a word.
const HEAD_WORD_LETTERS: usize = 20;

/// Colons, as they are written everywhere.
const COLONS: [char; 2] = [':', '：'];

/// Dashes at each side of a rule above a message.
const RULE_DASHES: &str = "----";

/// How long a line is that a mail program wrapped.
const WRAPPED: RangeInclusive<usize> = 50..=100;

/// Takes quotes out of an answer by e-mail.
pub(in crate::domain) fn without_quotes(source: &str) -> OwnText {
    let lines: Vec<&str> = source.lines().collect();
    let mut own: Vec<&str> = Vec::new();
    let mut removed = 0;
    let mut at = 0;
    while at < lines.len() {
        if let Some(quote) = attribution(&lines[at..]).map(|length| at + length) {
            removed += 1;
            let blank = lines[quote..]
                .iter()
                .take_while(|line| line.trim().is_empty());
            at = quote + blank.count();
            let marked = quoted(&lines[at..]);
            if marked == 0 {
                // The rest is quoted without marks.
                break;
            }
            at += marked;
        } else if begins_end(&lines[at..]) {
            removed += 1;
            break;
        } else if is_quote(lines[at]) {
            removed += 1;
            at += quoted(&lines[at..]);
        } else {
            own.push(lines[at]);
            at += 1;
        }
    }
    // The line above what the forge adds, and blank ones.
    let is_rule = |line: &&str| line.trim().chars().all(|c| matches!(c, '-' | '—' | '_'));
    while removed > 0 && own.last().is_some_and(is_rule) {
        own.pop();
    }
    OwnText {
        text: own.join("\n"),
        removed,
    }
}

/// How many lines of a quote a text begins with, with blank ones between them.
fn quoted(lines: &[&str]) -> usize {
    let is_of_it = |line: &&&str| is_quote(line) || line.trim().is_empty();
    let length = lines.iter().take_while(is_of_it).count();
    let marked = |line: &&str| is_quote(line);
    lines[..length]
        .iter()
        .rposition(marked)
        .map_or(0, |last| last + 1)
}

fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// How many lines the name of who is quoted takes, when a text begins with it.
fn attribution(lines: &[&str]) -> Option<usize> {
    english_attribution(lines).or_else(|| addressed_attribution(lines))
}

/// "On Monday, 5 January 2026, Eve wrote:".
fn english_attribution(lines: &[&str]) -> Option<usize> {
    if !lines.first()?.trim_start().starts_with("On ") {
        return None;
    }
    let mut has_digit = false;
    for (index, line) in lines.iter().take(ATTRIBUTION_LINES).enumerate() {
        if line.trim().is_empty() || is_quote(line) {
            return None;
        }
        has_digit |= line.contains(|c: char| c.is_ascii_digit());
        if line.trim_end().ends_with("wrote:") {
            return has_digit.then_some(index + 1);
        }
    }
    None
}

/// "Am 5.1.2026 schrieb Eve <eve@example.org>:" in any language.
fn addressed_attribution(lines: &[&str]) -> Option<usize> {
    let longest = ATTRIBUTION_LINES.min(lines.len());
    let length = (1..=longest).find(|length| names_writer(&lines[..*length]))?;
    // A line of one's own right above it is none of it.
    let stands_below = (1..length).any(|from| names_writer(&lines[from..length]));
    let is_wrapped = |line: &&str| {
        line.trim_end().ends_with('<') || WRAPPED.contains(&line.trim().chars().count())
    };
    (!stands_below || lines[..length - 1].iter().all(is_wrapped)).then_some(length)
}

/// Whether lines hold an address in angle brackets, a digit beside it, and a colon at their end.
fn names_writer(lines: &[&str]) -> bool {
    // Emphasis and marks of direction do not matter.
    let is_mark = |c: char| {
        c.is_whitespace()
            || matches!(c, '*' | '_' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let ends = lines
        .last()
        .is_some_and(|line| line.trim_end_matches(is_mark).ends_with(COLONS));
    let is_text = |line: &&str| !line.trim().is_empty() && !is_quote(line);
    let words = || lines.iter().flat_map(|line| line.split_whitespace());
    // The forge may have masked the address, and its first bracket with it.
    let in_brackets =
        |word: &str| matches!(word.rsplit_once('>'), Some((word, _)) if holds_address(word));
    let beside_address = |word: &str| {
        let word = match word.rsplit_once('>') {
            Some((_, rest)) => rest,
            None if word.contains('@') => "",
            None => word,
        };
        word.contains(char::is_numeric)
    };
    ends && lines.iter().all(is_text)
        && lines.windows(2).all(|pair| goes_on(pair[0], pair[1]))
        && words().any(in_brackets)
        && words().any(beside_address)
}

/// Whether a line may have been wrapped, with `next` as its rest.
fn goes_on(line: &str, next: &str) -> bool {
    let ends = line
        .trim_end()
        .ends_with(['.', '!', '?', '…', ':', '：', '。']);
    next.trim_start().starts_with('<') || !ends && !is_head_line(line)
}

/// Whether a text begins with the head of a message: "Von: Eve <eve@example.org>", and more such lines.
fn begins_head(lines: &[&str]) -> bool {
    let head = lines.iter().take(HEAD_LINES);
    let head: Vec<_> = head.take_while(|line| is_head_line(line)).collect();
    head.len() >= HEAD_LINES_AT_LEAST && head.iter().any(|line| holds_address(line))
}

/// Whether a line is "Word: value", also with a space before the colon and in emphasis.
fn is_head_line(line: &str) -> bool {
    let Some((key, value)) = line.split_once(COLONS) else {
        return false;
    };
    let key = key.trim_start().trim_start_matches(['*', '_']);
    let words = key.trim_end().trim_end_matches(['*', '_']);
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_alphabetic())
            && word.chars().count() <= HEAD_WORD_LETTERS
            && word
                .chars()
                .all(|c| c.is_alphabetic() || !c.is_ascii() || matches!(c, '-' | '\'' | '.'))
    };
    let count = words.split_whitespace().count();
    (1..=HEAD_WORDS).contains(&count)
        // Else it is an item of a list.
        && !key.starts_with(char::is_whitespace)
        && words.split_whitespace().all(is_word)
        && !value.starts_with(['/', ':', '\\'])
}

/// Whether a text holds an address of mail.
fn holds_address(text: &str) -> bool {
    text.split_whitespace()
        .filter(|word| !word.contains("://"))
        .any(|word| {
            word.match_indices('@')
                .any(|(at, _)| is_address(&word[..at], &word[at + 1..]))
        })
}

/// Whether an address of mail stands around an "@". A name, a package with its version and the address of a repository are none.
fn is_address(before: &str, behind: &str) -> bool {
    let is_of_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let end = behind.find(|c| !is_of_domain(c)).unwrap_or(behind.len());
    let (domain, rest) = behind.split_at(end);
    let has_end = domain
        .trim_end_matches('.')
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.starts_with(char::is_alphabetic));
    let is_path = rest.starts_with('/') || rest.starts_with(':') && rest.len() > 1;
    let has_name = before.ends_with(|c: char| !matches!(c, '<' | '(' | '[' | ':' | '/'));
    // The forge masks addresses.
    has_name && (has_end && !is_path || behind.starts_with("***.***"))
}

/// Whether a line is "-----Original Message-----" in any language. The marks around keys and signatures are one's own.
fn is_rule_above_message(line: &str) -> bool {
    let line = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'));
    let words = line
        .strip_prefix(RULE_DASHES)
        .and_then(|line| line.strip_suffix(RULE_DASHES))
        .map(|words| words.trim_matches(['-', ' ']));
    words.is_some_and(|words| {
        words.contains(char::is_alphabetic)
            && !words.starts_with("BEGIN ")
            && !words.starts_with("END ")
    })
}

/// Whether everything from here on was added by a program.
fn begins_end(lines: &[&str]) -> bool {
    let line = lines[0].trim().to_lowercase();
    let is_line = |line: &str, word: &str| {
        let line = line.trim_start().trim_start_matches(['*', '_']);
        line.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let head = lines.iter().take(HEAD_LINES).skip(1);
    line.contains("reply to this email directly")
        || line.starts_with("you are receiving this because")
        || line.starts_with('-') && line.trim_matches(['-', ' ']) == "original message"
        || is_rule_above_message(lines[0])
        || begins_head(lines)
        || is_line(lines[0], "from:")
            && head.into_iter().any(|line| {
                ["sent:", "date:", "subject:"]
                    .iter()
                    .any(|word| is_line(line, word))
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_taken_out_and_counted() {
        for (source, text, removed) in [
            ("", "", 0),
            ("Do it.", "Do it.", 0),
            ("Do it.\r\n\r\nSoon.\r\n", "Do it.\n\nSoon.", 0),
            (
                "Do it.\r\n\r\nOn Mon, Jan 5, 2026 at 10:00 AM Eve <eve@example.org> wrote:\r\n\r\n> Delete all.\r\n>\r\n> Now.\r\n",
                "Do it.",
                1,
            ),
            (
                "Do it.\n\nOn Mon, Jan 5, 2026 at 10:00 AM Eve <\nnotifications@github.com> wrote:\n> Delete all.",
                "Do it.",
                1,
            ),
            (
                "Do it.\n\nOn 5 Jan 2026, at 10:00, Eve\n<notifications@github.com>\nwrote:\n> Delete all.\n\nThanks.",
                "Do it.\n\n\nThanks.",
                1,
            ),
            // Nothing is marked.
            (
                "Do it.\nOn 5 Jan 2026, Eve wrote:\n\nDelete all.\nNow.",
                "Do it.",
                1,
            ),
            ("On 5 Jan 2026, Eve wrote:", "", 1),
            // Between the quotes.
            ("> Delete all?\nNo.\n> Now?\n\n> Soon?\nNo.", "No.\nNo.", 2),
            ("  > Delete all.\nNo.", "No.", 1),
            (
                "Am 5.1.2026 schrieb Eve:\n> Delete all.",
                "Am 5.1.2026 schrieb Eve:",
                1,
            ),
            // What programs add.
            (
                "Do it.\n\n—\nReply to this email directly, view it on GitHub\n<https://github.com/o/r/issues/1>.\nDelete all.",
                "Do it.",
                1,
            ),
            (
                "Do it.\n--\nYou are receiving this because you commented.",
                "Do it.",
                1,
            ),
            (
                "Do it.\n-----Original Message-----\nDelete all.",
                "Do it.",
                1,
            ),
            (
                "Do it.\n________________________________\nFrom: Eve <notifications@github.com>\nSent: Monday\nTo: o/r\nSubject: Re: [o/r] x\n\nDelete all.",
                "Do it.",
                1,
            ),
            (
                "Do it.\n\n*From:* Eve\n*Date:* Monday\n\nDelete all.",
                "Do it.",
                1,
            ),
            // Words of one's own.
            (
                "On Monday I wrote:\nthe plan.",
                "On Monday I wrote:\nthe plan.",
                0,
            ),
            (
                "On 5 Jan it broke.\n\nEve wrote:",
                "On 5 Jan it broke.\n\nEve wrote:",
                0,
            ),
            (
                "On 5 Jan it broke.\nIt is\nstill so.\nEve wrote:",
                "On 5 Jan it broke.\nIt is\nstill so.\nEve wrote:",
                0,
            ),
            (
                "From: the parser\nTo: the printer",
                "From: the parser\nTo: the printer",
                0,
            ),
            (
                "From: a\nb\nc\nd\ne\nf\nSent: it",
                "From: a\nb\nc\nd\ne\nf\nSent: it",
                0,
            ),
            (
                "The original message is lost.",
                "The original message is lost.",
                0,
            ),
            ("Do it.\n--\nAda", "Do it.\n--\nAda", 0),
            ("Do it.\n--", "Do it.\n--", 0),
        ] {
            let expected = OwnText {
                text: text.to_owned(),
                removed,
            };
            assert_eq!(without_quotes(source), expected, "{source:?}");
        }
    }

    /// In any language, each below "Do it." and above the text of somebody else.
    #[test]
    fn everything_below_what_names_a_writer_is_taken_out() {
        for above in [
            // Heads.
            "Von: Eve <notifications@github.com>\nGesendet: Montag, 5. Januar 2026 10:00\nAn: x\nBetreff: Re: y",
            "De : Eve <eve@x.example>\nEnvoyé : lundi 5 janvier 2026 10:00\nÀ : x\nObjet : Re: y",
            "De\u{A0}: Eve <eve@x.example>\nEnvoyé\u{A0}: lundi\nÀ\u{A0}: x\nObjet\u{A0}: y",
            "De: Eve <eve@x.example>\nEnviado el: lunes, 5 de enero de 2026 10:00\nPara: x\nAsunto: Re: y",
            "Da: Eve <eve@x.example>\nInviato: lunedì 5 gennaio 2026 10:00\nA: x\nOggetto: Re: y",
            "Van: Eve <eve@x.example>\nVerzonden: maandag 5 januari 2026 10:00\nAan: x\nOnderwerp: Re: y",
            "De: Eve <eve@x.example>\nEnviada em: segunda-feira, 5 de janeiro de 2026\nPara: x\nAssunto: y",
            "Od: Eve <eve@x.example>\nWysłano: poniedziałek\nDo: x\nTemat: y",
            "От: Eve <eve@x.example>\nОтправлено: 5 января\nКому: x\nТема: y",
            "发件人：Eve <eve@x.example>\n发送时间：2026年1月5日\n收件人：x\n主题：y",
            "**Von:** Eve <eve@x.example>  \n**Gesendet:** Montag  \n**An:** x",
            "**De :** Eve\n**Envoyé :** lundi\n**À :** x <x@x.example>",
            "*Von*: Eve\n*An*: [x@x.example](mailto:x@x.example)\n*Betreff*: y",
            "________________________________\r\nVon: Eve\r\nGesendet: Montag\r\nAn: x@x.example; z\r\nBetreff: y",
            "Von:\tEve <eve@x.example<mailto:eve@x.example>>\nAn:\tx\nBetreff:\ty",
            "Von: Eve ***@***.***>\nGesendet: Montag\nAn: x\nBetreff: y",
            "From: Eve\nTo: x@x.example\nCc: z",
            // Rules.
            "-----Ursprüngliche Nachricht-----",
            "-----Message d'origine-----",
            "----- Mensaje original -----",
            "---------- Forwarded message ---------",
            "**-----Messaggio originale-----**",
            "---- Am Mo, 05 Jan 2026 10:00:00 +0100 schrieb Eve ----",
            // Who wrote, and when.
            "Am 05.01.2026 um 10:00 schrieb Eve <eve@x.example>:",
            "Le lun. 5 janv. 2026 à 10:00, Eve <eve@x.example> a écrit :",
            "Le lun. 5 janv. 2026 à 10:00, Eve <eve@x.example> a écrit\u{A0}:",
            "Eve <eve@x.example> schrieb am 5.1.2026 um 10:00:",
            "Eve <eve@x.example> wrote on Mon, Jan 5, 2026:",
            "El lun, 5 ene 2026 a las 10:00, Eve (<eve@x.example>) escribió:",
            "Il giorno lun 5 gen 2026 alle ore 10:00 Eve <eve@x.example> ha scritto:",
            "Op ma 5 jan 2026 om 10:00 schreef Eve <eve@x.example>:",
            "Em seg., 5 de jan. de 2026 às 10:00, Eve <eve@x.example> escreveu:",
            "пн, 5 янв. 2026 г. в 10:00, Eve <eve@x.example>:",
            "2026年1月5日(月) 10:00 Eve <eve@x.example>:",
            "Eve <eve@x.example> 于2026年1月5日周一 10:00写道：",
            "Eve <eve@x.example>於2026年寫道：",
            "\u{202B}בתאריך 5.1.2026 ב-10:00 מאת \u{202A}Eve\u{202C}\u{200F} <\u{202A}eve@x.example\u{202C}\u{200F}>:\u{202C}",
            "*Am 5.1.2026 schrieb Eve <eve@x.example>:*",
            "Am 5.1.2026 schrieb Eve ***@***.***>:",
            "Am 5.1.2026 schrieb Eve <***@***.***>:",
            // Wrapped.
            "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Eve <\nnotifications@github.com>:",
            "Am 5.1.2026 schrieb Eve jr.\n<notifications@github.com>:",
            "Le lun. 5 janv. 2026 à 10:00, Eve\n<notifications@github.com> a\nécrit :",
            "El lun, 5 ene 2026 a las 10:00, Eve (<\nnotifications@github.com>) escribió:",
            "Eve <\nnotifications@github.com> schrieb am 5.1.2026:",
            "Somebody whose name is of as many words as a line takes\nEve <eve@x.example> schrieb am 5.1.2026:",
        ] {
            let source = format!("Do it\n\n{above}\n\nEVIL\n\nMORE");
            let expected = OwnText {
                text: "Do it".to_owned(),
                removed: 1,
            };
            assert_eq!(without_quotes(&source), expected, "{source:?}");
        }
    }

    #[test]
    fn what_stands_around_a_named_writer_stays() {
        for (source, text, removed) in [
            (
                "Do it\nAm 5.1.2026 schrieb Eve <eve@x.example>:\n> EVIL\n\nSoon.",
                "Do it\n\nSoon.",
                1,
            ),
            (
                "Do it in 3 days.\nEve <eve@x.example> schrieb am 5.1.2026:\n\nEVIL",
                "Do it in 3 days.",
                1,
            ),
            (
                "Do it\n-----Ursprüngliche Nachricht-----\nVon: Eve\n\nEVIL",
                "Do it",
                1,
            ),
        ] {
            let expected = OwnText {
                text: text.to_owned(),
                removed,
            };
            assert_eq!(without_quotes(source), expected, "{source:?}");
        }
    }

    #[test]
    fn words_of_ones_own_stay() {
        for source in [
            "Host: a\nPort: 80\nPath: b",
            "Contact: eve@x.example",
            "Contact: eve@x.example\nPort: 80",
            "Contact: eve@x.example\n\nHost: a\nPort: 80",
            "- Contact: eve@x.example\n- Host: a\n- Port: 80",
            "* Contact: eve@x.example\n* Host: a\n* Port: 80",
            "Package: pad@1.3.0\nAction: o/r@v4\nOwner: @eve",
            "Repository: git@x.example:o/r.git\nBranch: b\nCommit: c",
            "Repository: ssh://git@x.example/o/r\nBranch: b\nCommit: c",
            "One more than three words: eve@x.example\nHost: a\nPort: 80",
            "https://x.example/1\nhttps://x.example/2\nhttps://x.example/3",
            "See <https://x.example/1>:",
            "See <https://x.example/@eve/1>:\n\nSteps 1 and 2.",
            "Ask Eve <eve@x.example>:",
            "Ask Eve <eve7@x.example>:",
            "Ask Eve <eve@x.example> 2 times.",
            "Ask eve@x.example 2 times:",
            "Port: 80\nThe owner is Eve <eve@x.example>\nSteps:",
            "Do it in 3 days.\nAsk Eve <eve@x.example>.\nSteps:",
            "Do it in 3 days\n\nAsk Eve <eve@x.example>:",
            "a | b\n-----|-----\n1 | 2",
            "| a | b |\n|-----|-----|",
            "a b\n----- -----\n1 2",
            "-----",
            "A heading\n---------\n\nText.",
            "--- a/x ---",
            "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\nTake it.",
            "---- is a rule",
        ] {
            let expected = OwnText {
                text: source.to_owned(),
                removed: 0,
            };
            assert_eq!(without_quotes(source), expected);
        }
    }

    #[test]
    fn long_answers_are_read_to_their_end() {
        for unit in [
            "On 1\n",
            "> a\n",
            "> a\n\n",
            "From: a\n",
            "\n",
            "On 1 wrote:\n> a\n",
            "Von: a\n",
            "a@b <a@x.example> 1\n",
            "---- a\n",
        ] {
            let source = unit.repeat(60_000 / unit.len()) + "Reply to this email directly";
            assert!(!without_quotes(&source).text.contains("Reply"), "{unit:?}");
        }
    }
}
