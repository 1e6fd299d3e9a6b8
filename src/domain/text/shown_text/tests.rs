use super::*;

/// Hidden parts, unshown parts, and the text.
fn shown(source: &str) -> (usize, usize, String) {
    let shown = ShownText::of_markdown(source);
    assert_eq!(shown.hidden_characters, BTreeSet::new(), "{source:?}");
    (shown.removed_hidden, shown.removed_unshown, shown.text)
}

#[test]
fn text_that_a_page_shows_stays_as_it_is() {
    for source in [
        "",
        "Plain *text* with **marks**, ~~more~~ and `code`\\\nand two lines  \nof it",
        "# Heading\n\nSetext\n======\n\n***\n\n> quote\nlazy\n\n> [!NOTE]\n> look",
        "- tight \\* item\n- [ ] task\n  - nested\n\n1. loose\n\n2. list",
        "Literal `<!-- comment -->` and\n\n```html\n<!-- comment -->\n<script>x</script>\n[a]: b\n```\n\n    <!-- indented -->",
        "~~~\n<!-- a -->\n~~~",
        "\\<!-- not a comment --> and &lt;!-- neither --&gt;",
        "| a | b |\n|---|:-:|\n| `x` | c \\| d |",
        "[text](https://example.org/a_(b)) <https://example.org> https://example.org a@b.example",
        "![](https://example.org/a.png)",
        "<details open><summary>Log</summary>\n\ntext\n\n</details>\n\nH<sub>2</sub>O<br/>",
        "<img src=\"https://example.org/a.png\" width=\"100%\">",
        "Note[^1] here\n\n[^1]: The note.",
        "a < b && c > d, 1 <2, x<-y, <3",
        "- [a]\n- b\\\n  c",
    ] {
        assert_eq!(shown(source), (0, 0, source.to_owned()), "{source:?}");
    }
}

#[test]
fn hidden_parts_are_removed_and_counted() {
    for (source, hidden, expected) in [
        ("a <!-- x --> b", 1, "a  b"),
        ("a<!-- x\ny -->b<!-- z -->c", 2, "abc"),
        ("<!-- x -->\n\ntext", 1, "text"),
        ("<!-- x\n\n```\ny\n```\n-->\ntext", 1, "text"),
        ("text\n\n<!-- x", 1, "text"),
        ("text\n\n<!-- x\n\nmore", 1, "text"),
        ("<div><!-- x\n\nmore -->\n\nmore", 1, "<div>"),
        ("<div title=\"x\n\nmore", 1, ""),
        ("> <!-- x\n> y --> z\n\nend", 1, ">  z\n\nend"),
        ("- <!-- x -->\n- b", 1, "- \n- b"),
        ("<!--> a -->", 1, " a -->"),
        ("a <?x y?> b <!X y> c <![CDATA[ z ]]> d", 3, "a  b  c  d"),
        ("<script>\nx\n\ny</script> z", 1, " z"),
        ("a <script>x *y*</script> b", 1, "a  b"),
        ("a <style>x", 1, "a"),
        ("<svg><text>x</text></svg>", 1, ""),
        ("<bdo dir=\"rtl\">x</bdo>", 1, ""),
        ("</ x y>", 1, "</ x y>"),
        ("<div></ x y></div>", 1, "<div></div>"),
        ("text\n\n[//]: # (x)", 1, "text"),
        (
            "text\n\n[a]: <b>\n  \"x\n  y\"\n\nmore",
            1,
            "text\n\n\n\nmore",
        ),
        ("> [a]: b\n> c", 1, "> c"),
        ("- [a]: b\n  c", 1, "  c"),
        ("[a]\n\n[a]: b\n[A]: c \"x\"", 1, "[a](b)"),
        ("text\n\n[^1]: x", 1, "text"),
        ("a[^1]\n\n[^1]: b\n\n[^1]: x", 1, "a[^1]\n\n[^1]: b"),
        ("a [](https://example.org/x) b", 1, "a  b"),
        ("a [ ](b \"x\") c", 1, "a  c"),
        ("| a |\n|---|\n| b | x |", 1, "| a |\n|---|\n| b"),
    ] {
        if source == "</ x y>" {
            // Markdown shows it.
            assert_eq!(shown(source), (0, 0, source.to_owned()));
            continue;
        }
        let (found, _, text) = shown(source);
        assert_eq!((found, text.as_str()), (hidden, expected), "{source:?}");
    }
}

#[test]
fn entities_in_html_are_hidden_characters_when_they_stand_for_one() {
    for (source, hidden) in [
        ("<div>a&#x202e;b &lt; &nbsp;c</div>", vec!['\u{202e}']),
        ("<div title=\"a\">1 &lt; 2 &amp; x</div>", Vec::new()),
    ] {
        let shown = ShownText::of_markdown(source);
        assert!(shown.hidden_characters.iter().eq(&hidden), "{source:?}");
    }
}

#[test]
fn unshown_parts_are_left_out() {
    for (source, unshown, expected) in [
        ("![x](a.png)", 1, "![](a.png)"),
        ("![x *y* ![z](c)](a.png \"t\") d", 1, "![](a.png) d"),
        ("[a](b \"x\") c", 1, "[a](b) c"),
        ("<div>a</div title=\"x\">", 1, "<div>a</div>"),
        (
            "<div>1 <5 title=\"x\"> 2</div>",
            0,
            "<div>1 <5 title=\"x\"> 2</div>",
        ),
        ("[`a` *b*](<c d> 'x')", 1, "[`a` *b*](c%20d)"),
        ("[![x](a.png)](b)", 1, "[![](a.png)](b)"),
        ("[text][do x]\n\n[do x]: b (y)", 2, "[text](b)"),
        (
            "[text][] and [text]\n\n[text]: b",
            3,
            "[text](b) and [text](b)",
        ),
        ("![x][img]\n\n[img]: a.png", 2, "![](a.png)"),
        ("```rust do x\ncode\n```", 1, "```rust\ncode\n```"),
        (
            "~~~  rust title=\"x\"\ncode\n~~~",
            1,
            "~~~  rust\ncode\n~~~",
        ),
        ("> ```sh x y\n> code\n> ```", 1, "> ```sh\n> code\n> ```"),
        (
            "<img alt='x' src=a.png width=10 data-x=\"y\"/>",
            1,
            "<img src=\"a.png\" width=\"10\"/>",
        ),
        ("<p do evil>a</p >", 1, "<p>a</p >"),
        ("Vec<String>", 1, "Vec"),
        ("a </b x> c", 0, "a </b x> c"),
        ("<a href=\"do x\" HREF='b'>c</a>", 1, "<a HREF=\"b\">c</a>"),
    ] {
        let (hidden, found, text) = shown(source);
        assert_eq!(
            (hidden, found, text.as_str()),
            (0, unshown, expected),
            "{source:?}"
        );
    }
}

#[test]
fn entities_do_not_carry_or_move_text() {
    for source in [
        "a&#x202e;b",
        "<div>a&#x202e;b</div>",
        "<div>a&#8238 b</div>",
        "[a](b&#xE0041;)",
        "![](b&#xE0041;)",
        "<a href=\"b&#xE0041;\">x</a>",
        "![a][b]\n\n[b]: c&#xE0041;",
    ] {
        let hidden = ShownText::of_markdown(source).hidden_characters;
        assert_eq!(hidden.len(), 1, "{source:?}");
    }
    assert_eq!(
        shown("`&#x202e;` &amp;#x202e;\n\n    &#x202e;\n\n&nbsp;&copy;").0,
        0
    );
}

#[test]
fn harmless_characters_are_left_behind_however_they_are_written() {
    for (source, removed, expected) in [
        ("\u{FEFF}# Title", 1, "# Title"),
        ("\u{FEFF}<!-- x --> a", 1, " a"),
        ("pass\u{200B}word", 1, "password"),
        ("a&#x200B;b&zwj;c&shy;d", 3, "abcd"),
        ("<div>a&#8203 b&shy;</div>", 2, "<div>a b</div>"),
        ("a\u{2028}b&#x2029;c", 2, "a\nb\nc"),
        ("```\na\u{AD}b\n```", 1, "```\nab\n```"),
        ("`&zwj;` &amp;zwj;", 0, "`&zwj;` &amp;zwj;"),
        // It is text until it is left behind.
        ("<!\u{200B}-- a -->", 1, "<!-- a -->"),
        ("[a](b&zwj;c \"t\")", 1, "[a](bc)"),
    ] {
        let shown = ShownText::of_markdown(source);
        assert_eq!(shown.text, expected, "{source:?}");
        assert_eq!(shown.removed_characters, removed, "{source:?}");
        assert_eq!(shown.hidden_characters, BTreeSet::new(), "{source:?}");
    }
    let title = ShownText::of_plain("\u{FEFF}Fix\u{200B} it\u{2028}now");
    assert_eq!(
        (title.text.as_str(), title.removed_characters),
        ("Fix it\nnow", 3)
    );
}

#[test]
fn what_is_shown_in_another_form_is_named() {
    let blanks = " ".repeat(81);
    let wide = "\u{A0}".repeat(200);
    let address = format!("https://e.org/{}", "a".repeat(490));
    for (source, expected) in [
        (
            "```mermaid\n%% x\n```".to_owned(),
            "a mermaid diagram that the page draws",
        ),
        (
            "> ~~~ MerMaid x\n> a\n> ~~~".to_owned(),
            "a mermaid diagram that the page draws",
        ),
        (
            "``` mer&#109;aid\na\n```".to_owned(),
            "a mermaid diagram that the page draws",
        ),
        (
            "<pre lang=\"mermaid\"><code>x</code></pre>".to_owned(),
            "a mermaid diagram that the page draws",
        ),
        (
            "- ```geojson\n  {}\n  ```".to_owned(),
            "a geojson map that the page draws",
        ),
        (
            "```math\nx\n```".to_owned(),
            "a math block that the page draws",
        ),
        ("a $x$ b".to_owned(), "a formula that the page draws"),
        ("a $`x`$ b".to_owned(), "a formula that the page draws"),
        ("a\n$$\n% x\n$$".to_owned(), "a formula that the page draws"),
        (
            "| a |\n|---|\n| $x$ |".to_owned(),
            "a formula that the page draws",
        ),
        ("<div>$x$</div>".to_owned(), "a formula that the page draws"),
        (
            "# $\\phantom{x}$".to_owned(),
            "a formula that the page draws",
        ),
        (
            format!("```\na\n{blanks}x\n```"),
            "text behind 81 blanks in a row",
        ),
        (
            format!("> - a\n>\n>       {blanks}x"),
            "text behind 81 blanks in a row",
        ),
        (format!("`{blanks}x`"), "text behind 81 blanks in a row"),
        (
            format!("<pre>{blanks}x</pre>"),
            "text behind 81 blanks in a row",
        ),
        (
            format!("```\n{}x\n```", "\t".repeat(30)),
            "text behind 240 blanks in a row",
        ),
        (
            format!("```\n{}x\n```", "\u{2800}".repeat(600)),
            "text behind 600 blanks in a row",
        ),
        (format!("a{wide}x"), "text behind 200 blanks in a row"),
        (
            format!("a {}x", "&emsp;".repeat(90)),
            "text behind 90 blanks in a row",
        ),
        (
            format!("<p>a {}x</p>", "&nbsp;<b></b>".repeat(90)),
            "text behind 90 blanks in a row",
        ),
        (
            format!("| a |\n|---|\n| {wide}x |"),
            "text behind 200 blanks in a row",
        ),
        (format!("[a]({address})"), "an address of 504 characters"),
        (format!("![]({address})"), "an address of 504 characters"),
        (
            format!("[a]\n\n[a]: {address}"),
            "an address of 504 characters",
        ),
        (
            format!("<a href='{address}'>a</a>"),
            "an address of 504 characters",
        ),
        (
            format!("<img src={address}>"),
            "an address of 504 characters",
        ),
    ] {
        let shown = ShownText::of_markdown(&source);
        let named: Vec<String> = shown.unseen.iter().map(ToString::to_string).collect();
        assert_eq!(named, [expected], "{source:?}");
    }
    let title = ShownText::of_plain(&format!("a{wide}x"));
    assert_eq!(title.unseen.len(), 1);
}

#[test]
fn what_is_shown_as_it_is_written_is_not_named() {
    let blanks = " ".repeat(80);
    for source in [
        "```json\n{}\n```\n\n    mermaid\n\n`mermaid`".to_owned(),
        "It costs $5 and $10".to_owned(),
        "`$x$`, and \\$x$ in $HOME".to_owned(),
        "```sh\necho $$; kill $$; echo $x$\n```".to_owned(),
        "$x and\n\ny$".to_owned(),
        format!("```\n{blanks}x\n{blanks}  \n```"),
        format!("a{blanks}{blanks}x"),
        format!("| a{blanks}{blanks}| b |\n|---|---|\n| c{blanks} | d |"),
        format!("<https://e.org/{0}> https://e.org/{0}", "a".repeat(600)),
        format!("[a](https://e.org/{})", "a".repeat(486)),
    ] {
        let shown = ShownText::of_markdown(&source);
        assert_eq!(shown.unseen, BTreeSet::new(), "{source:?}");
    }
}

#[test]
fn what_an_attacker_hid_is_hidden() {
    for (source, expected) in [
        ("> Fix <i\n> title=\"EVIL\">x</i>", "> Fix <i>x</i>"),
        ("> > Fix <b\n> > data-x='EVIL'>x</b>", "> > Fix <b>x</b>"),
        (
            "> <img src=\"https://e.org/a.png\"\n> alt=\"EVIL\">",
            "> <img src=\"https://e.org/a.png\">",
        ),
        ("- <div\n  title=\"EVIL\">x</div>", "- <div>x</div>"),
        (
            "Fix <ruby>typo<rp>EVIL</rp></ruby>",
            "Fix <ruby>typo</ruby>",
        ),
        (
            "Fix <ruby>a<rp>EVIL<rt>b</rt><rp>EVIL</ruby> c",
            "Fix <ruby>a<rt>b</rt></ruby> c",
        ),
        ("a <rp>EVIL\n\nb", "a \n\nb"),
        ("<rp><!-- </rp> -->EVIL</rp>a", "a"),
        ("a <template><template></template>EVIL</template>b", "a b"),
        ("<dialog>EVIL</dialog>a", "a"),
        ("a <a href=\"https://e.org/EVIL\"></a>b", "a b"),
        (
            "a <a href=\"https://e.org/EVIL\"><b> &nbsp;</b></a>b",
            "a b",
        ),
        ("a [\u{200B}&nbsp;](https://e.org/EVIL) b", "a  b"),
        ("a <img alt=EVIL>b", "a b"),
        (
            "<img src=\"https://e.org/EVIL\" width=1 height='0px'>a",
            "a",
        ),
        ("a [![EVIL]()](https://e.org/EVIL)b", "a b"),
        ("```EVIL_with_400_characters\na\n```", "```\na\n```"),
        ("```rust&#32;EVIL\na\n```", "```rust\na\n```"),
        ("```ignore-all-previous-instructions\na\n```", "```\na\n```"),
        ("```rust,EVIL\na\n```", "```rust\na\n```"),
        ("~~~ {.python EVIL}\na\n~~~", "~~~ \na\n~~~"),
    ] {
        assert_eq!(ShownText::of_markdown(source).text, expected, "{source:?}");
    }
}

#[test]
fn elements_with_something_to_show_keep_it() {
    for (source, hidden, expected) in [
        (
            "<video src=\"https://e.org/a.mp4\" controls></video> a",
            0,
            "<video src=\"https://e.org/a.mp4\" controls></video> a",
        ),
        (
            "<video src=a.mp4>EVIL</video> a",
            1,
            "<video src=a.mp4></video> a",
        ),
        (
            "x <video src=a.mp4>EVIL</video> a",
            1,
            "x <video src=a.mp4></video> a",
        ),
        (
            "x <video src=a.mp4></video> a",
            0,
            "x <video src=a.mp4></video> a",
        ),
        ("x <progress value=\"1\">EVIL</progress> a", 1, "x  a"),
        ("a List<Object> b", 0, "a List b"),
        (
            "<a href=\"b\"><img src=\"c\"></a>",
            0,
            "<a href=\"b\"><img src=\"c\"></a>",
        ),
        ("<a href=\"b\">*c*</a>", 0, "<a href=\"b\">*c*</a>"),
        (
            "<a href=\"b\">\n\nc\n\n</a>",
            0,
            "<a href=\"b\">\n\nc\n\n</a>",
        ),
        (
            "```c++\na\n```\n\n```objective-c++\nb\n```\n\n```shell-session  \nc\n```",
            0,
            "```c++\na\n```\n\n```objective-c++\nb\n```\n\n```shell-session  \nc\n```",
        ),
    ] {
        let shown = ShownText::of_markdown(source);
        assert_eq!(
            (shown.removed_hidden, shown.text.as_str()),
            (hidden, expected),
            "{source:?}"
        );
    }
}

/// What hides ends where a browser ends it: with the block that it began in, unless a tag broke that block or something in
/// it is still open.
#[test]
fn hidden_parts_end_where_browsers_end_them() {
    for (source, hidden, unshown, expected) in [
        ("a <video>b\n\nc", 2, 0, "a \n\nc"),
        ("a <video>b <audio>c\n\nd", 2, 0, "a"),
        ("a <video>b <audio>c</audio> d\n\ne", 2, 0, "a \n\ne"),
        ("a <div>b <video>c\n\nd", 2, 0, "a <div>b"),
        ("x <div>h\n\no <video>p\n\nq", 2, 0, "x <div>h\n\no \n\nq"),
        // Only in a ruby the next part ends one that hides.
        ("<rp>a<rt>b</rt> c", 1, 0, ""),
        (
            "<ruby>a</ruby> <rp>b<rt>c</rt> d</rp> e",
            1,
            0,
            "<ruby>a</ruby>  e",
        ),
        (
            "<ruby>a<template>b<rt>c</template></ruby>",
            1,
            0,
            "<ruby>a</ruby>",
        ),
        (
            "<ruby>a<rp><b>x</b><rt>y</rp></ruby>",
            1,
            0,
            "<ruby>a</ruby>",
        ),
        // What closes nothing hides nothing.
        ("a </img> b", 0, 0, "a </img> b"),
        (
            "<p><a href=\"https://e.org\"><</a></p>",
            0,
            0,
            "<p><a href=\"https://e.org\"><</a></p>",
        ),
    ] {
        let expected = (hidden, unshown, expected.to_owned());
        assert_eq!(shown(source), expected, "{source:?}");
    }
}

/// Blanks count on one line of the page, in their width there.
#[test]
fn rows_of_blanks_are_as_wide_as_pages_show_them() {
    let blanks = |count| " ".repeat(count);
    let cells = |count: usize| {
        format!(
            "<table><tr>{}x</table>",
            "<td></td>".repeat(count - 1) + "<td>"
        )
    };
    for (source, is_named) in [
        (format!("<pre>{}x</pre>", blanks(81)), true),
        (
            format!("<pre>{}<br>{}x</pre>", blanks(50), blanks(50)),
            false,
        ),
        (format!("<div><pre>a</pre>b{}x</div>", blanks(81)), false),
        (
            format!("<div><pre>a</pre><pre>b{}x</pre></div>", blanks(81)),
            true,
        ),
        // A cell is as wide as three blanks at least.
        (cells(26), false),
        (cells(27), true),
    ] {
        let named = ShownText::of_markdown(&source)
            .unseen
            .iter()
            .any(|unseen| matches!(unseen, Unseen::OffScreen(_)));
        assert_eq!(named, is_named, "{source:?}");
    }
}

#[test]
fn line_ends_become_plain() {
    assert_eq!(shown("a\r\nb\rc").2, "a\nb\nc");
}

#[test]
fn hostile_texts_take_linear_time() {
    for unit in [
        "[",
        "![",
        "[a](",
        "[a]: b\n",
        "[a][b] ",
        "<!--",
        "<",
        "</",
        "<a ",
        "<script>",
        "</script ",
        "<script></scripts>\n",
        "<div>\n</x",
        "&",
        "&#x200b",
        "`",
        "*a _b ",
        "> ",
        "- ",
        "| a ",
        "[^a]: ",
        "[^a] ",
        "[^",
        "a[^a]\n\n",
        "www.",
        "www.a<!",
        "--->",
        "<a b=\"",
        "\u{200D}👨",
        "```a b\n",
        "## {#a",
        "[[",
    ] {
        let _ = ShownText::of_markdown(&unit.repeat(65_536 / unit.len()));
        let _ = ShownText::of_markdown(&format!("<script>\n{}", unit.repeat(65_536 / unit.len())));
        let behind_comment = format!("--->{}\n\n[^a]: b", unit.repeat(65_536 / unit.len()));
        let _ = ShownText::of_markdown(&behind_comment);
    }
}

#[test]
fn no_text_is_too_strange() {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    let mut runner = TestRunner::new(Config {
        cases: 4_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    });
    let token = prop::sample::select(vec![
        "a",
        "é",
        "😀",
        " ",
        "  ",
        "    ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "<!--",
        "-->",
        "<",
        ">",
        "</",
        "/>",
        "<div>",
        "</div>",
        "<script>",
        "</script>",
        "<img alt=",
        "\"",
        "'",
        "=",
        "&#x200B;",
        "&amp;",
        "&",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](b)",
        "]: b",
        "[a]",
        "[^1]",
        "[^1]: ",
        "`",
        "```",
        "~~~",
        "``` é x",
        "|",
        "|---|",
        "- ",
        "1. ",
        "> ",
        "# ",
        "*",
        "_",
        "\\",
        "<?",
        "?>",
        "<![CDATA[",
        "]]>",
        "<!X",
        "\0",
    ]);
    let text = prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat());
    let checked = runner.run(&text, |source| {
        let shown = ShownText::of_markdown(&source);
        prop_assert!(!shown.text.contains('\r'));
        Ok(())
    });
    checked.unwrap();
}
