//! Answers by e-mail: what the writer wrote, without what the mail program quotes below or between it.
//!
//! A forge takes such an answer for a comment of whoever sent it, and the quoted text may be anybody's. Every marked line is
//! taken for a quote. It can not tell a quote without any mark.

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

/// How many lines "On Monday, 5 January 2026, Eve <eve@example.org> wrote:" takes, when a text begins with it.
fn attribution(lines: &[&str]) -> Option<usize> {
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

    #[test]
    fn long_answers_are_read_to_their_end() {
        for unit in [
            "On 1\n",
            "> a\n",
            "> a\n\n",
            "From: a\n",
            "\n",
            "On 1 wrote:\n> a\n",
        ] {
            let source = unit.repeat(60_000 / unit.len()) + "Reply to this email directly";
            assert!(!without_quotes(&source).text.contains("Reply"), "{unit:?}");
        }
    }
}
