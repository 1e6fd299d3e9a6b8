//! What pages show of bodies that readers of Markdown do not agree on. Another reader, in `tests/shown_text`, finds nothing in
//! them that is lost or too much; here is what exactly is left.

use super::ShownText;

/// A body, what is left of it, how much was hidden and how much unshown, and whether something unseen is named.
type Row = (&'static str, &'static str, usize, usize, bool);

fn assert_shown(rows: &[Row]) {
    for &(source, text, hidden, unshown, is_named) in rows {
        let shown = ShownText::of_markdown(source);
        assert_eq!(shown.text, text, "{source:?}");
        assert_eq!(
            (
                shown.removed_hidden,
                shown.removed_unshown,
                !shown.unseen.is_empty()
            ),
            (hidden, unshown, is_named),
            "{source:?}"
        );
    }
}

#[test]
fn bodies_that_readers_do_not_agree_on_are_read_as_the_page_does() {
    assert_shown(&[
        // A lone carriage return makes no empty line in a footnote.
        ("\r[^1]:qbclz\r\r    [^1]", "", 1, 0, true),
        ("\r[^n]:\r\r    [^N]\r[qbfgz]:'", "", 1, 0, true),
        ("[^3]:\r\r    [^qbbfz]\r[^qbbfz]:qbbgz", "", 2, 0, true),
        // A tag alone on its line ends a table.
        (")||\n-|-\n<rp>\nqbfjz", ")||\n-|-", 1, 0, false),
        ("b||\n-|-\n<w>\n<qbflz", "b||\n-|-", 1, 1, false),
        ("|||\n-|:\n<video>\nqbbdz", "|||\n-|:", 2, 0, false),
        (
            "> | a | b |\n> |-|-|\n> <rp>\n> qbbdz",
            "> | a | b |\n> |-|-|\n>",
            1,
            0,
            false,
        ),
        // An item of definitions ends at the second blank line.
        ("0) [/]:#\n\n\n\t]\n[z]:qbbmz", "", 2, 0, true),
        (
            ">0) [z]:\"\n>\n>\n>     ]\n[Z]:qbcfz",
            ">0) \n>\n>\n>",
            1,
            1,
            true,
        ),
        ("- [z]: a\n  [y]: b\n\n\n  qbbbz", "", 2, 0, true),
        // Four blanks before the mark of a quote make none of it.
        (">- q\r    ><template>\rqbflz", ">- q\n    >", 1, 0, true),
        ("> q\n    > <template>\nqbbbz", "> q\n    >", 1, 0, true),
        // What refers to a footnote has to be read by the page.
        (
            ">[^1]:\n>\n>     [^2]:[^qbbkz]\n[^qbbkz]:qbblz",
            ">",
            3,
            0,
            true,
        ),
        ("[<!X\rz>qbchz", "[", 1, 0, false),
        ("[^1]:[^1]qbbcz", "[^1]:[^1]qbbcz", 0, 0, true),
        (
            ">0) [^n]:\n>\n>        \"\n>a\n>     <!a>![qbdgz]()",
            ">0)",
            2,
            0,
            true,
        ),
        // Bare addresses need no host.
        (
            "http://.[qbbgz]\n\n[qbbgz]:qbbhz",
            "http://.[qbbgz]",
            1,
            0,
            true,
        ),
        (
            "http://[qbbgz]\n\n[qbbgz]:qbbhz",
            "http://[qbbgz]",
            1,
            0,
            false,
        ),
        // A tab is as wide as code.
        (
            ">z\n\t<g>\n[^qbcjz]\n[^qbcjz]:",
            ">z\n\t\n[^1]\n[^1]:",
            0,
            3,
            true,
        ),
        ("><i\r    >qbchz", ">", 1, 0, true),
        // No comment, by older rules.
        ("\"<!--[--->][qbchz]\n\n[QBCHZ]:\"", "\"", 1, 0, true),
        ("<!-- [ --->][qbchz]\n\n[QBCHZ]: a", "][qbchz]", 2, 0, true),
        ("#<!--<-- -->qbbkz", "#qbbkz", 1, 0, false),
        // Raw HTML in what looks like a label closes nothing.
        ("*<script>[^</script>]qbbmz", "*", 1, 0, true),
        // A block of raw HTML ends at any of its kind.
        ("[^qbbgz]\n<textarea </script>\n[^qbbgz]:", "", 2, 0, true),
        // A tab reaches into an item, or not.
        (">-\tb\n>\t<w>\n[Z]:qbchz", ">-\tb\n>", 1, 1, true),
        (
            "- >z\n    \t<w>\n[^qbglz]\n[^qbglz]:",
            "- >z\n    \t\n[^1]\n[^1]:",
            0,
            3,
            true,
        ),
        // No picture: what stands behind it is no label.
        ("![qbcdz][^z]\n\n[qbcdz]:qbcfz", "![qbcdz][^z]", 1, 0, true),
        // Without paragraphs in an item, nothing ends before it.
        ("+ ---\n\n  <rp>q\n  >qbclz", "+ ---", 1, 0, true),
        ("<style e='>'<></style>qbchz", "", 1, 0, false),
        ("<video><td></video>qbbkz", "</video>qbbkz", 2, 0, false),
        ("<video>\r<table><td></video>qbbdz", "", 2, 0, false),
        // A part that a page reads in its own way begins behind the blank line.
        ("[^2]\n[^2]:<?qbdcz?>\n ", "[^1]\n[^1]:", 2, 2, true),
        (">[^1]:<qbbfz>[^1]\n>", ">[^1]:[^1]", 1, 1, true),
        // Blocks begin behind the label of a footnote, too.
        ("[^n]\n[^n]:<!qbblz", "[^1]", 1, 1, true),
        ("[^qbchz]\n<textarea\n[^qbchz]:", "[^qbchz]", 1, 0, true),
        (
            ">]\n>www..[^qbcbz]\n[^qbcbz]:qbccz",
            ">]\n>www..[^qbcbz]",
            1,
            0,
            true,
        ),
        (">`\n<rp>\n`qbcbz", ">`", 1, 0, true),
        ("- [/]:#\n\n  )<rp>\n  >qbcjz", "  )", 2, 0, true),
        ("[^<rp></rp>[qbdbz]", "[^[qbdbz]", 1, 0, true),
        ("[^<rp>]<z>qbcbz", "[^", 1, 0, true),
        ("<p></style>[^qbcjz]<d[^qbcjz]:", "<p>[^qbcjz]", 1, 1, true),
        ("d[^<rp>[qbckz]:", "d[^", 1, 0, true),
        ("+ [z]:'\n\n\n\t[^qbfgz]\n[^qbfgz]:qbfhz", "", 3, 0, true),
        ("- ><qbchz\n    \t>", "- >", 1, 0, true),
        ("</qbhdz\n    >", "", 1, 0, true),
        (
            ">]||\n>-|-\n>     [^qbdcz]\n[^qbdcz]:qbddz",
            ">]||\n>-|-",
            2,
            0,
            true,
        ),
        ("<qbbcz\n>", "<qbbcz\n>", 0, 0, false),
        ("[^[<video></video>qbblz]", "[^[</video>qbblz]", 1, 0, true),
        ("[^qbbfz]\n<div </script\n[^qbbfz]:", "[^qbbfz]", 1, 0, true),
        ("\\<qbbgz\n    >", "\\<qbbgz\n    >", 0, 0, true),
        (
            ">  q||\n>-|-\n>     [^qbdbz]\n[^qbdbz]:qbdcz",
            ">  q||\n>-|-",
            2,
            0,
            true,
        ),
        // What pages read in different ways is refused, or read in the right way.
        (
            ">\"\n ||\n>-|-\n[z]:qbbbz",
            ">\"\n ||\n>-|-\n[z]:qbbbz",
            0,
            0,
            true,
        ),
        (
            "]||\n-|-\n<svg>qbbbz\n</svg>qbbcz",
            "]||\n-|-\nqbbcz",
            1,
            0,
            true,
        ),
        (
            "<kbd>[</kbd>*][qbbbz]\n\n[qbbbz]:qbbcz",
            "<kbd>[</kbd>*](qbbcz)",
            0,
            2,
            true,
        ),
        ("<rp>|qbbbz\n-|:", "|qbbbz\n-|:", 1, 0, true),
        (
            "![qbbbz]\n<textarea></pre>\n[qbbbz]:qbbcz",
            "![qbbbz]",
            1,
            0,
            true,
        ),
        (
            "1. >-\n   >\n   >-\n\n    <!qbbbz",
            "1. >-\n   >\n   >-\n\n    <!qbbbz",
            0,
            0,
            true,
        ),
        (
            "[^N]\n[^n]:[^qbbbz]\n    <!--\n[^qbbbz]:",
            "[^1]",
            2,
            1,
            true,
        ),
        // Blanks before the mark of a quote indent nothing.
        (
            ">>h||\n  >  >-|-\n>>qbcbz",
            ">>h||\n  >  >-|-\n>>qbcbz",
            0,
            0,
            false,
        ),
        // Marks that begin nothing, and those that stand alone.
        ("0) |||\n    -|:", "0) |||\n    -|:", 0, 0, false),
        ("- [ ] [z]:/", "- [ ]", 1, 0, true),
        ("- [ ] [z]:z\nz", "- [ ] \nz", 1, 0, true),
        ("<z\n", "<z", 0, 0, false),
        ("0) <b\n    >\n", "0)", 1, 0, true),
        ("+\n \"", "+\n \"", 0, 0, false),
        (
            "[^qbbhz][qbbkz]\n[^qbbhz]:[qbbkz]:q",
            "[^qbbhz](q)",
            1,
            1,
            true,
        ),
        ("[^]\n[^3]:", "[^]", 1, 0, true),
        ("[^][\n[^z]:", "[^][", 1, 0, true),
        ("[^]\n[^z]:", "[^]", 1, 0, true),
        ("[]:\n\n\n q", "[]:\n\n\n q", 0, 0, false),
        (" [\n\n\n p", " [\n\n\n p", 0, 0, false),
        ("*\n\n\n\tz", "*\n\n\n\tz", 0, 0, true),
        (" z\n\n\n ]", " z\n\n\n ]", 0, 0, false),
        (" []:\n ~\n\n\n b", " []:\n ~\n\n\n b", 0, 0, true),
        ("<\n    >", "<\n    >", 0, 0, false),
        ("z\n-:\n <!z", "z\n-:", 1, 0, true),
        ("bjz\n\nq||\n-|:", "bjz\n\nq||\n-|:", 0, 0, false),
        ("0)\n<", "0)\n<", 0, 0, false),
        ("-\r\r\t'", "-\n \n\t'", 0, 0, true),
        ("[^1]:<rp>z\n\nz", "", 2, 0, true),
        ("[^qbbcz]\r[^qbbcz]:z\ra", "[^1]\n[^1]:z\na", 0, 2, true),
        ("[^3]:[^qbbdz]\n[^qbbdz]:", "[^1]:", 1, 1, true),
        ("[<z@g>]()", "<z@g>", 2, 0, false),
        ("[<a>]()", "", 2, 0, true),
        ("![[]()]()</e>", "![]()", 0, 2, false),
        ("[^1]:<rp>\nz", "", 2, 0, true),
        (
            ">[^qbdbz]\n\n)\n\n[^qbdbz]: '",
            ">[^1]\n\n)\n\n[^1]: '",
            0,
            2,
            true,
        ),
        ("\n-[^2]\n\n[^2]: q", "-[^1]\n\n[^1]: q", 0, 2, false),
        ("q\r$[$", "q\n$[$", 0, 0, true),
        ("$$", "$$", 0, 0, false),
        // What a video holds is shown by no page, and what closes it is closed by nothing else.
        (
            "<div>\n<video src=a.mp4>\n</video>\n</div>",
            "<div>\n<video src=a.mp4>\n</video>\n</div>",
            0,
            0,
            false,
        ),
        (
            "<div>\n<video src=a.mp4>\nx</video>\n</div>",
            "<div>\n<video src=a.mp4></video>\n</div>",
            1,
            0,
            false,
        ),
        (
            "<div>\n<video src=a.mp4>x<b>y</b> </video>\n</div>",
            "<div>\n<video src=a.mp4></video>\n</div>",
            1,
            0,
            false,
        ),
        ("a <title>b<title>c</title> d", "a  d", 1, 0, false),
        ("<b title=\"a < b\">x</b> y", "<b>x</b> y", 0, 1, false),
        (
            "<div><a href=\"b\">x</a title=\"y\"> z</div>",
            "<div><a href=\"b\">x</a> z</div>",
            0,
            1,
            false,
        ),
        ("\na|b\n-|-", "a|b\n-|-", 0, 0, false),
        ("<<!b>", "<<!b>", 0, 0, false),
        ("[^<!b>", "[^<!b>", 0, 0, true),
        (".[^]: <!l>", ".[^]:", 1, 0, true),
        ("b<!X>", "b<!X>", 0, 0, false),
        ("[^[]:", "", 1, 0, true),
        ("]\n[^a]:[^", "]", 1, 0, true),
        ("a.b[^]\n[^a]:", "a.b[^]", 1, 0, true),
        ("<!://", "<!://", 0, 0, false),
        ("`\n<", "`\n<", 0, 0, false),
        ("a|b\n-|-\n->", "a|b\n-|-\n->", 0, 0, true),
        ("\\|||\n-||", "\\|||\n-||", 0, 0, true),
        ("[^a]<script>\n[^a]:</pre>", "[^1]", 1, 1, true),
        ("\nb<textarea><i>", "b", 1, 0, false),
        ("[a]:()\n[a]", "[a](%28%29)", 0, 2, false),
        ("[^a]: $", "", 1, 0, false),
        ("[^a]: ``", "", 1, 0, true),
        ("[http://[]()", "[http://", 1, 0, false),
        ("(www..||\n-|-", "(www..||\n-|-", 0, 0, true),
        (")www..![a]()", ")www..![]()", 0, 1, true),
        ("www..[a]\n\n[a]:x", "www..[a]", 1, 0, true),
        ("www.", "www.", 0, 0, false),
        ("http://", "http://", 0, 0, false),
        ("www.a.||\n-|-", "www.a.||\n-|-", 0, 0, false),
    ]);
}

/// The shortest body for each decision of the reading that tells it from another one.
#[test]
fn each_decision_shows_in_a_body_of_a_few_characters() {
    assert_shown(&[
        ("    [\n[^n]:[^n][e]", "    [\n[^1]:[^1][e]", 0, 2, true),
        ("-:", "-:", 0, 0, false),
        // Behind the mark of a task some readers look for definitions, and others do not.
        ("- [ ] [q]:a\n\n[q]:z", "- [ ]", 1, 1, true),
        // A tag on a lazy line inside of what the parser takes for a comment.
        (">\"<!--\n<i>\n-->", ">\"", 1, 0, true),
        (">\"<!--\n> <i>\n>-->", ">\"", 1, 0, false),
        // A comment without anything in it, or a declaration, is over before the next tag.
        ("<!--><ins>\n</ins>a", "<ins>\n</ins>a", 1, 0, true),
        ("<!z><ins>\n\n</ins>a", "<ins>\n\n</ins>a", 1, 0, true),
        ("<!z><ins>\n\na", "<ins>\n\na", 1, 0, false),
        ("<!-- b --><ins>a</ins>", "<ins>a</ins>", 1, 0, false),
        // An address ends where its cell does.
        (
            "a|b\n-|-\nhttp://a|c|d",
            "a|b\n-|-\nhttp://a|c",
            1,
            0,
            false,
        ),
        ("z||\n-|-\nwww.a.b||d", "z||\n-|-\nwww.a.b|", 1, 0, false),
        ("<i\r    >", "<i\n    >", 0, 0, true),
        (">`[^]:`", ">`[^]:`", 0, 0, true),
        (" [^a]\n\n[^a]: .", " [^1]\n\n[^1]: .", 0, 2, true),
        ("www.kenb._.", "www.kenb._.", 0, 0, false),
        ("[[]\nwww.\nwww..\\", "[[]\nwww.\nwww..\\", 0, 0, true),
        ("[[]http://)_)", "[[]http://)_)", 0, 0, false),
        ("http://ép;", "http://ép;", 0, 0, false),
        ("[^[]:[\n<b>", "<b>", 1, 0, true),
        ("0)\n>z\n\t<g>", "0)\n>z", 0, 1, false),
        ("||\n|-\n>|\n><rp>\n-", "||\n|-\n>|\n>\n-", 1, 0, false),
        ("- N\n</b>\n<!", "- N\n</b>", 1, 0, false),
        (">`\n`", ">`\n`", 0, 0, false),
        ("- `b`", "- `b`", 0, 0, false),
        (">`\n <r>\n`", ">`\n \n`", 0, 1, true),
        (">`\n<bbp>\n`", ">`\n\n`", 0, 1, true),
        (">``\n`\n<r>\n`", ">``\n`\n\n`", 0, 1, true),
        (">`\n<r >>\n`", ">`\n<r >>\n`", 0, 0, true),
        (">`\n<e.>\n`", ">`\n<e.>\n`", 0, 0, true),
        ("><!--\n+|\n-|", ">", 1, 0, false),
        ("[<!-->]()", "", 1, 0, false),
        ("[</b><b>]()", "", 1, 0, true),
        ("[^2]\n[^1]:[^2]:", "[^1]", 2, 1, true),
        ("[^]<script></pre>", "[^]", 1, 0, false),
        ("[^qbbgz]]\n<textarea </script>\n[^qbbgz]:", "]", 2, 0, true),
    ]);
}
