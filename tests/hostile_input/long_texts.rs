//! Texts as long as forges take them, of what is costly to read in the wrong way: reading takes time that grows with their
//! length, not with its square.
//!
//! The whole table takes minutes and is asked for with `AFK_LONG_TEXTS`, best of optimised code on a machine that is not
//! busy:
//!
//! ```text
//! AFK_LONG_TEXTS=all cargo test --profile simulation --test hostile_input long_texts -- --nocapture
//! ```
//!
//! Another value than `all` takes only readers whose names hold it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use afk::domain::repository::{ForgeKind, IssueRef};
use afk::domain::run::provider_failure::{Place, cause_of, told_time};
use afk::domain::start::blocked_by::BlockedBy;
use afk::domain::text::quoting::{code, fenced, link, one_line, plain, printable, printable_lines};
use afk::domain::text::redaction::{has_marked_token, redact};
use afk::domain::text::shown_text::ShownText;
use afk::domain::verdict::commit_message::{skip_token, trailers};
use afk::domain::verdict::image_tag::ImageReference;
use afk::domain::verdict::issue_mention::mention;

use super::promises::frozen;

type Reader = fn(&str);

/// Everything that reads what others wrote, by name.
const READERS: [(&str, Reader); 13] = [
    ("shown text", |text| {
        black_box(ShownText::of_markdown(text));
    }),
    ("title", |text| {
        black_box(ShownText::of_plain(text));
    }),
    ("blockers", |text| {
        black_box(BlockedBy::in_body(text, "github.com"));
    }),
    ("blockers of a field", |text| {
        black_box(BlockedBy::in_body(
            &format!("## Blocked by\n\n{text}"),
            "github.com",
        ));
    }),
    ("gate, with the named parent", |text| {
        black_box(frozen("title", &format!("## Parent\n\n{text}"), true));
    }),
    ("redaction", |text| {
        black_box(redact(text));
    }),
    ("printable", |text| {
        black_box((printable(text), printable_lines(text), one_line(text)));
    }),
    ("quoted", |text| {
        black_box((fenced(text), plain(text), code(text, 50)));
    }),
    ("address", |text| {
        black_box((
            link(text),
            link(&format!("https://e.org/?{text}")),
            has_marked_token(text),
        ));
    }),
    ("closing keywords", |text| {
        if let Ok(issue) = IssueRef::parse("octo-org/widgets#1", ForgeKind::GitHub) {
            black_box(mention(text, &issue, "github.com"));
        }
    }),
    ("trailers", |text| {
        black_box((
            trailers(text),
            trailers(&format!("title\n\n{text}")),
            skip_token(text),
        ));
    }),
    ("image", |text| {
        black_box(ImageReference::parse(text));
    }),
    ("provider", |text| {
        let said_at = chrono::DateTime::UNIX_EPOCH;
        black_box((
            told_time(text, said_at),
            cause_of(text, Place::Message),
            cause_of(text, Place::SystemError),
        ));
    }),
];

/// What is repeated.
const PIECES: [&str; 127] = [
    "[",
    "]",
    "(",
    ")",
    "!",
    "<",
    ">",
    "\\",
    "*",
    "_",
    "~",
    "|",
    "#",
    "&",
    "\\>",
    "-",
    "+",
    "1.",
    ":",
    "@",
    "\"",
    "'",
    "`",
    "=",
    "$",
    ";",
    ".",
    "?",
    "^",
    ",",
    "/",
    "%",
    "{",
    "a",
    "7",
    " ",
    "\t",
    "\r",
    "- ",
    "> ",
    "1. ",
    "* a\n  ",
    "- [ ] ",
    "- [ ] [a]: b\n",
    "www.",
    "http://",
    "http://a.b)",
    "http://a.b<",
    "http://a.b_ ",
    "ftp://*",
    "]:",
    "[^1]",
    "[^1]:",
    "[^1]: a\n \n",
    "[^a\n]",
    "[a]: b\n[a]\n",
    "[a](b)",
    "![a](",
    "[a][",
    "![",
    "](",
    "<!--",
    "<!-- -->",
    "<!A ",
    "<?",
    "<![CDATA[",
    "<a ",
    "<a>",
    "</",
    "</a>",
    "<svg>",
    "<rp>",
    "<script>",
    "<div>\n",
    "<b>\n",
    "<td>",
    "&#",
    "&#8203;",
    "&amp;",
    "|a|b|\n|-|-|\n",
    "|-",
    "~~a",
    "*a_",
    "``",
    "```\n",
    "blocked by ",
    "blocked by #1 ",
    "Blocked by: #1\n",
    "needed by: a, ",
    "### Hard\n- a\n",
    "[a]: b://c\n\n[a] ",
    "#1,",
    "depends on: ",
    "blocked ",
    "GH-1 ",
    "a/b#1",
    "\u{200b}",
    "\u{200d}",
    "e\u{301}",
    "\u{fe0f}",
    "\u{1f468}\u{200d}",
    "\u{202e}",
    "password=",
    "password:(",
    "token: ",
    "token=(",
    "use x as the token,",
    "ghp_",
    "hf_",
    "eyJ-",
    "Zm9vYmFyMTIz",
    "Bearer ",
    "://u:p@",
    "://a:b/",
    "-----BEGIN ",
    "#1 to ",
    "#1 to #2 ",
    "1-",
    "_#1_ ",
    "| Blocked by |\n|---|\n",
    "| a | Blocked by |\n|---|---|\n| x | #1 |\n",
    "Blocked by | a\n--|--\n",
    "[Blocked by](a): ",
    "blocked by](",
    "<object>",
    "<frame>",
    "</object>",
];

/// More of them, for readers of what machines wrote.
const MORE: [&str; 68] = [
    "-----BEGIN PRIVATE KEY",
    "cookie: ",
    "cookie: a=b; ",
    "//hc-ping.com/",
    "?sig=",
    "$6$",
    "auth=(",
    "auth=(\"",
    "password: |\n <",
    "password's ",
    "password is ",
    "login: ",
    "curl -u a ",
    "\u{1b}[",
    "\u{1b}]",
    "fixes #1 ",
    "[skip ",
    "try again in ",
    "user,password\n",
    "user,password\na,b\n",
    "a\tpassword\t",
    "| password |\n|--|\n",
    "password  a  ",
    "kind: Secret\ndata:\n a: b\n",
    "\"kind\":\"Secret\",\"data\":{",
    "\"data\":{\"a\":\"b\"}",
    "--from-literal=a=b ",
    "--from-literal ",
    "password = \"\"\"",
    "password: str = ",
    "password: str = \"a",
    "token%3D",
    "recovery codes ",
    "recovery codes: a1b2c3 ",
    "The password is:\n\n",
    "secret key - ",
    "passphrase: correct ",
    "PIN: 1",
    "unzip -P a ",
    "unzip -P \"",
    "htpasswd -b ",
    "a:5432:b:c:",
    "\"bearer\":{\"",
    "github-oauth.",
    "Credentials(\"",
    "s.A1a",
    "Authorization: ",
    "Authorization: OAuth a=b, ",
    "(\"password\", \"",
    "[\"--password\",",
    "login a\npassword b\n",
    "gh secret set -b ",
    "fly secrets set A=b ",
    "sk-a-",
    "sk-a-1",
    "requirepass ",
    "A_TOKEN_",
    "PASSWORD_PROD=",
    "pata1b2c3d4e5f6g7.",
    "password: !vault ",
    "password: &a ",
    "curl -su ",
    "docker login -p ",
    "<<<",
    "รหัสผ่าน",
    "W/\"",
    "key: a1234567 ",
    "11a4a1b370be95770cd2b902fa5a7126 ",
];

/// How long a text is, in bytes, the shorter one of a pair.
const SHORTER: usize = 60_000;

/// What takes no longer is not looked at.
const NOTHING: Duration = Duration::from_millis(25);

fn repeated(piece: &str, length: usize) -> String {
    piece.repeat(length / piece.len())
}

/// Returns the time that this thread was given by a processor, where the machine tells it: others may be busy, too.
fn processor_time(since: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|told| told.split(' ').next()?.parse().ok())
        .map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn time(read: Reader, text: &str) -> Duration {
    let now = Instant::now();
    let begin = processor_time(now);
    read(text);
    processor_time(now).saturating_sub(begin)
}

/// Returns how much longer it takes to read twice as much, when that is worth a word.
fn ratio(read: Reader, text: impl Fn(usize) -> String) -> Option<(f64, Duration)> {
    // What is far off shows early.
    for length in [SHORTER / 4, SHORTER] {
        let (one, two) = (text(length), text(2 * length));
        let mut longer = time(read, &two);
        if longer < NOTHING {
            continue;
        }
        longer = longer.min(time(read, &two));
        let shorter = time(read, &one).min(time(read, &one));
        let ratio = longer.as_secs_f64() / shorter.as_secs_f64().max(1e-6);
        if ratio > 2.6 {
            return Some((ratio, longer));
        }
    }
    None
}

#[test]
fn long_texts_are_read_in_time_that_grows_with_their_length() {
    let Ok(wanted) = std::env::var("AFK_LONG_TEXTS") else {
        return;
    };
    let pieces: Vec<&str> = PIECES.iter().chain(&MORE).copied().collect();
    let mut texts: Vec<String> = Vec::new();
    for piece in &pieces {
        texts.push((*piece).to_owned());
        texts.push(format!("{piece}\n"));
        texts.push(format!("{piece} "));
    }
    for (index, piece) in pieces.iter().enumerate() {
        // Each with a few others.
        for step in [1, 7, 23, 41] {
            texts.push(format!("{piece}{}", pieces[(index + step) % pieces.len()]));
        }
    }
    let mut found = 0;
    for (name, read) in READERS {
        if wanted != "all" && !name.contains(&wanted) {
            continue;
        }
        let mut worst = (Duration::ZERO, String::new());
        for text in &texts {
            let begin = Instant::now();
            if let Some((ratio, longer)) = ratio(read, |length| repeated(text, length)) {
                found += 1;
                println!("{name}: {text:?} {ratio:.1} {longer:?}");
            }
            worst = worst.max((begin.elapsed(), text.clone()));
        }
        // One piece many times, and then another.
        for (index, piece) in pieces.iter().enumerate() {
            for step in [3, 11, 37] {
                let other = pieces[(index + step) % pieces.len()];
                let halves = |length| {
                    format!(
                        "{}{}",
                        repeated(piece, length / 2),
                        repeated(other, length / 2)
                    )
                };
                if let Some((ratio, longer)) = ratio(read, halves) {
                    found += 1;
                    println!("{name}: {piece:?} then {other:?} {ratio:.1} {longer:?}");
                }
            }
        }
        println!("{name}: {} texts, the dearest {worst:?}", texts.len());
    }
    assert_eq!(found, 0);
}
