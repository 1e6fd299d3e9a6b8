//! What the agent is given of an issue, judged by a second reader of GitHub's dialect.
//!
//! Two things hold for every body: no word that its page does not show reaches the agent, and no word that it shows is lost.
//! `AFK_SHOWN_TEXT_BODIES` says how many bodies are tried, `AFK_SHOWN_TEXT_SEED` where to begin; a million take some minutes
//! with the `simulation` profile:
//!
//! ```text
//! AFK_SHOWN_TEXT_BODIES=1000000 cargo test --profile simulation --test shown_text -- --nocapture
//! ```

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "test code: nobody links against it, and a broken assumption must stop the test"
)]

mod judge;

use std::collections::BTreeMap;

use self::judge::bodies::{Choices, body};
use self::judge::{Difference, difference};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Takes away lines and characters as long as there is a difference.
fn smallest(body: &str) -> String {
    let whole = difference(body);
    let differs = |body: &str| {
        let found = difference(body);
        if whole.leaked.is_empty() {
            !found.lost.is_disjoint(&whole.lost)
        } else {
            !found.leaked.is_disjoint(&whole.leaked)
        }
    };
    let mut body = body.to_owned();
    loop {
        let before = body.len();
        let lines: Vec<&str> = body.split('\n').collect();
        for index in 0..lines.len() {
            let mut fewer = lines.clone();
            fewer.remove(index);
            let fewer = fewer.join("\n");
            if differs(&fewer) {
                body = fewer;
                break;
            }
        }
        if body.len() == before {
            let places: Vec<usize> = body.char_indices().map(|(at, _)| at).collect();
            'cut: for length in [24, 8, 6, 5, 4, 3, 2, 1] {
                for &at in &places {
                    let Some(rest) = body.get(at + length..) else {
                        continue;
                    };
                    let fewer = format!("{}{rest}", &body[..at]);
                    if differs(&fewer) {
                        body = fewer;
                        break 'cut;
                    }
                }
            }
        }
        if body.len() == before {
            return body;
        }
    }
}

#[test]
fn the_agent_is_given_what_pages_show() {
    const SHOWN_MAX: usize = 24;
    let bodies = number("AFK_SHOWN_TEXT_BODIES", 2_000);
    let first = number("AFK_SHOWN_TEXT_SEED", 0);
    let mut counts = BTreeMap::new();
    let mut differences: BTreeMap<String, (u64, Difference)> = BTreeMap::new();
    let (mut differing, mut leaking, mut open) = (0, 0, 0);
    let mut doubts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in first..first + bodies {
        let body = body(Choices::Random(fastrand::Rng::with_seed(seed)), &mut counts);
        let found = difference(&body);
        open += u64::from(found.is_open);
        if let Some(doubt) = found.doubt {
            *doubts.entry(doubt).or_default() += 1;
        }
        if !found.is_none() {
            differing += 1;
            leaking += u64::from(!found.leaked.is_empty());
            let is_wanted = differences.len() < SHOWN_MAX / 2 || !found.leaked.is_empty();
            if differences.len() < SHOWN_MAX && is_wanted {
                let body = smallest(&body);
                let difference = difference(&body);
                differences.entry(body).or_insert((seed, difference));
            }
        }
    }
    println!(
        "{bodies} bodies, {differing} differences, {leaking} of them leaks, {open} not judged, doubtful {doubts:?}; {} constructs: {counts:?}",
        counts.len()
    );
    for (body, (seed, difference)) in &differences {
        println!(
            "seed {seed}: {body:?}\n  leaked {:?}, lost {:?}",
            difference.leaked, difference.lost
        );
    }
    assert_eq!(differing, 0);
    assert!(open * 50 < bodies, "{open}");
    // Who refuses everything is right, too.
    assert!(doubts.values().sum::<u64>() * 6 < bodies, "{doubts:?}");
    // Each construct is there often enough.
    let least = bodies / 200;
    let rare: Vec<_> = counts.iter().filter(|(_, count)| **count < least).collect();
    assert!(rare.is_empty(), "{rare:?}");
    assert!(counts.len() >= 60, "{}", counts.len());
}

#[test]
fn differences_that_were_found_stay_mended() {
    for body in [
        // A lone carriage return makes no empty line in a footnote.
        "\r[^1]:qbclz\r\r    [^1]",
        "\r[^n]:\r\r    [^N]\r[qbfgz]:'",
        "[^3]:\r\r    [^qbbfz]\r[^qbbfz]:qbbgz",
        // A tag alone on its line ends a table.
        ")||\n-|-\n<rp>\nqbfjz",
        "b||\n-|-\n<w>\n<qbflz",
        "|||\n-|:\n<video>\nqbbdz",
        "> | a | b |\n> |-|-|\n> <rp>\n> qbbdz",
        // An item of definitions ends at the second blank line.
        "0) [/]:#\n\n\n\t]\n[z]:qbbmz",
        ">0) [z]:\"\n>\n>\n>     ]\n[Z]:qbcfz",
        "- [z]: a\n  [y]: b\n\n\n  qbbbz",
        // Four blanks before the mark of a quote make none of it.
        ">- q\r    ><template>\rqbflz",
        "> q\n    > <template>\nqbbbz",
        // What refers to a footnote has to be read by the page.
        ">[^1]:\n>\n>     [^2]:[^qbbkz]\n[^qbbkz]:qbblz",
        "[<!X\rz>qbchz",
        "[^1]:[^1]qbbcz",
        ">0) [^n]:\n>\n>        \"\n>a\n>     <!a>![qbdgz]()",
        // Bare addresses need no host.
        "http://.[qbbgz]\n\n[qbbgz]:qbbhz",
        "http://[qbbgz]\n\n[qbbgz]:qbbhz",
        // A tab is as wide as code.
        ">z\n\t<g>\n[^qbcjz]\n[^qbcjz]:",
        "><i\r    >qbchz",
        // No comment, by older rules.
        "\"<!--[--->][qbchz]\n\n[QBCHZ]:\"",
        "<!-- [ --->][qbchz]\n\n[QBCHZ]: a",
        "#<!--<-- -->qbbkz",
        // Raw HTML in what looks like a label closes nothing.
        "*<script>[^</script>]qbbmz",
        // A block of raw HTML ends at any of its kind.
        "[^qbbgz]\n<textarea </script>\n[^qbbgz]:",
        // A tab reaches into an item, or not.
        ">-\tb\n>\t<w>\n[Z]:qbchz",
        "- >z\n    \t<w>\n[^qbglz]\n[^qbglz]:",
        // No picture: what stands behind it is no label.
        "![qbcdz][^z]\n\n[qbcdz]:qbcfz",
        // Without paragraphs in an item, nothing ends before it.
        "+ ---\n\n  <rp>q\n  >qbclz",
        "<style e='>'<></style>qbchz",
        // Behind the mark of a task some readers look for definitions, and others do not.
        "- [ ] [qbccz]::\n\n[qbccz]:z",
        // A tag on a lazy line inside of what the parser takes for a comment.
        ">\"<!--\n<i>\n-->[qbbjz]\n\n[qbbjz]:qbbkz",
        // An address ends where its cell does.
        "z||\n-|-\nhttp://||qbccz",
        "a|b\n-|-\nhttp://qbcdz|c|qbccz",
        // A mark of a quote far to the right, below an item that is a quote.
        "+ >0) [](z\n    >(qbdmz))\n  >\n  >0)\n\n",
        // A comment without anything in it, or a declaration, is over before the next tag.
        "<!--><ins>\n</ins><rp>\n>qbgdz",
        "<!----><ins>\n</ins><rp>\n>qbgdz",
        "<!z><ins>\n</ins><rp>\n\nqbddz",
        // Code behind an address without a host.
        "www..`` ` `z`![qbdlz]()`",
        "www.e.`` ` `z`![qbdlz]()`",
        // The label of a definition may go on in the next lines.
        "* [\nz]:\"\n\n\n\t[z]:z\n    ]\n[z]:qbcjz",
        "<video><td></video>qbbkz",
        "<video>\r<table><td></video>qbbdz",
        // A part that a page reads in its own way begins behind the blank line.
        "[^2]\n[^2]:<?qbdcz?>\n ",
        ">[^1]:<qbbfz>[^1]\n>",
        // Blocks begin behind the label of a footnote, too.
        "[^n]\n[^n]:<!qbblz",
        "[^qbchz]\n<textarea\n[^qbchz]:",
        ">]\n>www..[^qbcbz]\n[^qbcbz]:qbccz",
        ">`\n<rp>\n`qbcbz",
        "- [/]:#\n\n  )<rp>\n  >qbcjz",
        "[^<rp></rp>[qbdbz]",
        "[^<rp>]<z>qbcbz",
        "<p></style>[^qbcjz]<d[^qbcjz]:",
        "d[^<rp>[qbckz]:",
        "+ [z]:'\n\n\n\t[^qbfgz]\n[^qbfgz]:qbfhz",
        "- ><qbchz\n    \t>",
        "</qbhdz\n    >",
        ">]||\n>-|-\n>     [^qbdcz]\n[^qbdcz]:qbddz",
        "<qbbcz\n>",
        "[^[<video></video>qbblz]",
        "[^qbbfz]\n<div </script\n[^qbbfz]:",
        "\\<qbbgz\n    >",
        ">  q||\n>-|-\n>     [^qbdbz]\n[^qbdbz]:qbdcz",
        // What pages read in different ways is refused, or read in the right way.
        ">\"\n ||\n>-|-\n[z]:qbbbz",
        "]||\n-|-\n<svg>qbbbz\n</svg>qbbcz",
        "<kbd>[</kbd>*][qbbbz]\n\n[qbbbz]:qbbcz",
        "<rp>|qbbbz\n-|:",
        "![qbbbz]\n<textarea></pre>\n[qbbbz]:qbbcz",
        "1. >-\n   >\n   >-\n\n    <!qbbbz",
        "[^N]\n[^n]:[^qbbbz]\n    <!--\n[^qbbbz]:",
        // What is open in an item without paragraphs stays open.
        "+ ---\n\n  <rp>\"\n  >\n  qbcgz",
        "- # a\n\n  <rp>b\n\n  - c\n\n  qbcgz",
        "1. ```\n   a\n   ```\n\n   <video>b\n   > c\n\n   qbcgz",
        // No tag: the line goes on with the code of the quote above.
        ">>`\n><qe.>\n>`[][qbdjz]\n\n[qbdjz]:z",
        ">>`\n>>a\n><qe.>\n>`[][qbdjz]\n\n[qbdjz]:z",
        "- `\n<q:e>\n`[][qbdjz]\n\n[qbdjz]:z",
        // A bracket that is only text begins no link.
        "\\[www.e.][qbccz]\n\n[qbccz]:qbcdz",
        "\\[a www.e.][qbccz]\n\n[qbccz]:qbcdz",
        "\\[\nhttp://e.org/][qbccz]\n\n[qbccz]:qbcdz",
        "[[a] www.e.][qbccz]\n\n[qbccz]:qbcdz",
        // The second line is an item, and no part of a table.
        "-|-\n- |-\ni||qbdgz",
        "a|b\n-\t|-\ni|j|qbdgz",
        "> a|b\n> - | -\n> i|j|qbdgz",
        // A paragraph that made no table once makes none.
        "|\n|-|-\n-|-\ni||qbdgz",
        "a\n|-|-\nb|c\n-|-\ni||qbdgz",
        // Blanks before the mark of a quote indent nothing.
        ">>h||\n  >  >-|-\n>>qbcbz",
    ] {
        let found = difference(body);
        assert!(found.is_none(), "{body:?} {found:?}");
    }
}

#[test]
fn bytes_make_bodies_too() {
    let mut counts = BTreeMap::new();
    for length in [0_u8, 1, 7, 200] {
        let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
        let body = body(Choices::Bytes(&bytes), &mut counts);
        assert!(difference(&body).is_none(), "{body:?}");
    }
}

#[test]
fn the_judge_tells_what_is_shown_from_what_is_not() {
    // A reader that gives the source away would be caught: each of these hides one word and shows the other.
    for body in [
        "qbbbz <!-- qbbcz -->",
        "> qbbbz <i\n> title=\"qbbcz\">x</i>",
        "qbbbz <ruby>x<rp>qbbcz</rp></ruby>",
        "[qbbbz](https://e.org \"qbbcz\")",
        "```qbbcz\nqbbbz\n```",
        "qbbbz\n\n[//]: # (qbbcz)",
        "qbbbz[^qbbcz]\n\n[^qbbcz]: x",
        "| a |\n|---|\n| qbbbz | qbbcz |",
        "qbbbz <template>qbbcz</template>",
        "qbbbz ``|` `x`![qbbcz](a)`",
    ] {
        let page = judge::page(body, judge::Reading::Browser);
        assert!(page.required.contains("qbbbz"), "{body:?} {page:?}");
        assert!(!page.given.contains("qbbcz"), "{body:?} {page:?}");
        assert!(difference(body).is_none(), "{body:?}");
    }
}
