//! Bodies built from the constructs that matter, with a marker word in every place that can hold one.
//!
//! The same choices give the same body, so a body is as good as a number, or as bytes of a fuzzer.

mod inline;

use std::collections::BTreeMap;

use super::words::word;

/// Where choices come from.
pub(crate) enum Choices<'a> {
    /// A seed.
    Random(fastrand::Rng),
    /// Bytes, of a fuzzer; when they are used up, the first choice is taken.
    Bytes(&'a [u8]),
}

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        match self {
            Self::Random(random) => random.usize(..count),
            Self::Bytes(bytes) => {
                let Some((first, rest)) = bytes.split_first() else {
                    return 0;
                };
                *bytes = rest;
                usize::from(*first) % count
            }
        }
    }
}

/// Builds a body.
pub(crate) struct Builder<'a, 'c> {
    choices: Choices<'a>,
    /// How often each construct was used, by all builders.
    counts: &'c mut BTreeMap<&'static str, u64>,
    words: usize,
    labels: usize,
    tail: Vec<String>,
    /// Whether footnotes stand anywhere, in any form. Where they do, whoever is not trusted is refused for nearly all of them,
    /// so that the rest of a body is judged only without.
    odd_footnotes: bool,
}

/// Builds a body from choices and counts its constructs.
pub(crate) fn body(choices: Choices<'_>, counts: &mut BTreeMap<&'static str, u64>) -> String {
    let mut builder = Builder {
        choices,
        counts,
        words: 0,
        labels: 0,
        tail: Vec::new(),
        odd_footnotes: false,
    };
    builder.odd_footnotes = builder.choices.below(10) == 1;
    let mut lines = Vec::new();
    for _ in 0..=builder.choices.below(4) {
        lines.extend(builder.block(0));
        if builder.choices.below(4) > 0 {
            lines.push(String::new());
        }
    }
    let tail = std::mem::take(&mut builder.tail);
    lines.push(String::new());
    lines.extend(tail);
    let body = lines.join("\n");
    if builder.choices.below(12) == 1 {
        builder.count("other line ends");
        return body.replace('\n', builder.pick(&["\r\n", "\r"]));
    }
    body
}

impl Builder<'_, '_> {
    fn word(&mut self) -> String {
        self.words += 1;
        word(self.words)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.choices.below(of.len())]
    }

    fn count(&mut self, construct: &'static str) {
        *self.counts.entry(construct).or_default() += 1;
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        self.word()
    }

    /// Returns the lines of a block.
    fn block(&mut self, depth: usize) -> Vec<String> {
        let kinds = if depth < 3 { 26 } else { 20 };
        match self.choices.below(kinds) {
            0..=4 => {
                self.count("paragraph");
                self.paragraph()
            }
            5 => {
                self.count("heading");
                let marks = self.pick(&["#", "##", "######"]);
                vec![format!("{marks} {}", self.line())]
            }
            6 => {
                self.count("setext heading");
                let under = self.pick(&["===", "---", "-", "  ="]);
                vec![self.line(), under.to_owned()]
            }
            7 => self.fence(),
            8 => {
                self.count("indented code");
                let raw = self.raw_line();
                vec![String::new(), format!("    {raw}"), String::new()]
            }
            9..=12 => self.html_block(depth),
            13 => self.definition(),
            14 if self.odd_footnotes => self.footnote(depth),
            14 if depth == 0 => self.plain_footnote(),
            14 => self.paragraph(),
            15 => self.table(),
            16 => {
                self.count("rule");
                vec![self.pick(&["***", "---", "_ _ _"]).to_owned()]
            }
            17 => {
                self.count("blank");
                vec![String::new()]
            }
            18 => {
                self.count("tabs");
                let raw = self.raw_line();
                let before = self.pick(&["\t", "  \t", "-\t", ">\t", "- \t"]);
                vec![
                    String::new(),
                    format!("{before}{raw}"),
                    format!("\t{}", self.line()),
                ]
            }
            19 => {
                self.count("block of a formula");
                let (word, more) = (self.word(), self.word());
                match self.choices.below(3) {
                    0 => vec!["$$".to_owned(), word, "$$".to_owned()],
                    1 => vec!["```math".to_owned(), word, "```".to_owned()],
                    _ => vec!["$$".to_owned(), word, String::new(), more, "$$".to_owned()],
                }
            }
            20..=22 => self.quote(depth),
            _ => self.list(depth),
        }
    }

    fn fence(&mut self) -> Vec<String> {
        self.count("fence");
        let fence = self.pick(&["```", "~~~", "````"]);
        let word = self.word();
        let info = match self.choices.below(7) {
            0 => {
                self.count("words behind a fence");
                format!("rust {word}")
            }
            1 => format!(" {word}"),
            2 => format!("rust&#32;{word}"),
            3 => format!("rust,{word}"),
            4 => format!("{{.rust {word}}}"),
            5 => "rust".to_owned(),
            _ => String::new(),
        };
        let mut lines = vec![format!("{fence}{info}")];
        for _ in 0..=self.choices.below(2) {
            lines.push(self.raw_line());
        }
        if self.choices.below(3) == 0 {
            lines.push(String::new());
            lines.push(self.raw_line());
        }
        if self.choices.below(10) > 0 {
            lines.push(fence.to_owned());
        } else {
            self.count("fence left open");
        }
        lines
    }

    fn html_block(&mut self, depth: usize) -> Vec<String> {
        let (word, more) = (self.word(), self.word());
        let text = match self.choices.below(16) {
            0 => {
                self.count("comment block");
                format!("<!-- {word}\n\n{more}\n-->")
            }
            1 => {
                self.count("comment block");
                format!("<!--\n{word}\n--> {more}")
            }
            2 => {
                self.count("details");
                let inner = self.block(depth + 1).join("\n");
                format!("<details {word}>\n<summary>{more}</summary>\n\n{inner}\n\n</details>")
            }
            3 => {
                self.count("block element");
                let open = self.open_tag("div");
                let inner = self.line();
                format!("{open}{inner}</div>")
            }
            4 => {
                self.count("block element");
                let open = self.open_tag("div");
                let inner = self.block(depth + 1).join("\n");
                format!("{open}\n\n{inner}\n\n</div>")
            }
            5 => {
                self.count("script block");
                let name = self.pick(&["script", "style", "textarea"]);
                format!("<{name}>\n{word}\n\n{more}</{name}> {}", self.word())
            }
            6 => {
                self.count("pre block");
                format!(
                    "<pre title=\"{word}\">\n{more}\n\n<b>{}</b></pre>",
                    self.word()
                )
            }
            7 => {
                self.count("declaration block");
                format!("<!X {word}\n{more}> {}", self.word())
            }
            8 => {
                self.count("instruction block");
                format!("<?x {word}\n\n{more} ?> {}", self.word())
            }
            9 => {
                self.count("CDATA block");
                format!("<![CDATA[ {word}\n\n{more} ]]> {}", self.word())
            }
            10 => {
                self.count("tag left open");
                let form = self.choices.below(4);
                match form {
                    0 => format!("<div title=\"{word}\n{more}"),
                    1 => format!("<div {word}\n{more}"),
                    2 => format!("<div><!-- {word}\n{more}"),
                    _ => format!("<div>{word}<i title='{more}"),
                }
            }
            11 => {
                self.count("hidden block");
                let name = self.pick(&[
                    "template", "dialog", "noscript", "video", "select", "iframe",
                ]);
                let inner = self.block(depth + 1).join("\n");
                format!("<{name} title={word}>\n\n{inner}\n\n</{name}>\n\n{more}")
            }
            12 => {
                self.count("inline tag alone on its line");
                let open = self.open_tag("b");
                format!("{open}\n{word}\n</b>")
            }
            13 => {
                self.count("raw table");
                let cell = self.line();
                format!("<table><tr><td {word}>\n\n{cell}\n\n</td></tr></table>")
            }
            14 => {
                self.count("raw list");
                format!("<ul>\n<li title=\"{word}\n{more}\">{}</ul>", self.line())
            }
            _ => {
                self.count("raw heading");
                format!("<h2 align=\"{word}\">{more} <rp>{}</rp></h2>", self.word())
            }
        };
        text.split('\n').map(str::to_owned).collect()
    }

    /// Defines a label, perhaps; twice, perhaps; before or behind.
    fn define(&mut self, label: &str) {
        match self.choices.below(6) {
            0 => return,
            1 => {
                self.count("definition twice");
                let (first, second, title) = (self.word(), self.word(), self.word());
                let again = label.to_uppercase();
                self.tail.push(String::new());
                self.tail.push(format!("[{label}]: {first}"));
                self.tail.push(format!("[{again}]: {second} \"{title}\""));
                return;
            }
            _ => {}
        }
        self.count("definition");
        let address = self.word();
        let title = self.title();
        self.tail.push(String::new());
        let text = format!("[{label}]: {address}{title}");
        self.tail.extend(text.split('\n').map(str::to_owned));
    }

    /// A definition that nothing refers to.
    fn definition(&mut self) -> Vec<String> {
        self.count("unused definition");
        let (label, address) = (self.word(), self.word());
        let title = self.title();
        let more = self.word();
        let text = match self.choices.below(5) {
            0 => format!("[//]: # ({label})"),
            1 => format!("[{label}]:\n{address}{title}"),
            2 => format!("[{label}]: <{address}>{title}\n{more}"),
            3 => format!("[{label}\n{more}]: {address}{title}"),
            _ => format!("[{label}]: {address}{title}"),
        };
        text.split('\n').map(str::to_owned).collect()
    }

    /// A paragraph with footnotes, as people and tools write them.
    fn plain_footnote(&mut self) -> Vec<String> {
        self.count("plain footnote");
        let label = match self.choices.below(3) {
            0 => self.word(),
            _ => self.pick(&["1", "2", "n"]).to_owned(),
        };
        let (before, behind, note) = (self.word(), self.word(), self.word());
        let reference = match self.choices.below(6) {
            0 => String::new(),
            1 => format!("[^{label}], again[^{label}]"),
            _ => format!("[^{label}]"),
        };
        let note = match self.choices.below(4) {
            0 => format!("{note}, `{}`", self.word()),
            1 => format!("{note} [{}](https://example.org/a)", self.word()),
            2 => format!("{note}\nand *{}*", self.word()),
            _ => note,
        };
        let lines = format!("{before}{reference} {behind}\n\n[^{label}]: {note}");
        let mut lines: Vec<String> = lines.split('\n').map(str::to_owned).collect();
        lines.insert(0, String::new());
        lines.push(String::new());
        lines
    }

    fn footnote(&mut self, depth: usize) -> Vec<String> {
        self.count("footnote");
        let label = self.pick(&["1", "2", "n", "3"]);
        let mut lines = vec![format!("[^{label}]: {}", self.line().replace('\n', " "))];
        if depth < 3 && self.choices.below(3) == 0 {
            lines.push(String::new());
            lines.extend(
                self.block(depth + 1)
                    .iter()
                    .map(|line| format!("    {line}")),
            );
        }
        lines
    }

    fn table(&mut self) -> Vec<String> {
        self.count("table");
        let cell = |builder: &mut Self| builder.inline(2).replace('\n', " ");
        let mut lines = vec![
            format!("| {} | {} |", cell(self), cell(self)),
            self.pick(&["|---|:-:|", "---|---", "| - | - |"]).to_owned(),
        ];
        for _ in 0..=self.choices.below(2) {
            lines.push(match self.choices.below(4) {
                0 => {
                    self.count("surplus cell");
                    format!("| {} | {} | {} |", cell(self), cell(self), cell(self))
                }
                1 => format!("| {}", cell(self)),
                _ => format!("| {} | {} |", cell(self), cell(self)),
            });
        }
        lines
    }

    fn quote(&mut self, depth: usize) -> Vec<String> {
        self.count("quote");
        let mut lines = Vec::new();
        if self.choices.below(6) == 0 {
            self.count("alert");
            lines.push(self.pick(&["> [!NOTE]", "> [!warning]"]).to_owned());
        }
        let mut inner = self.block(depth + 1);
        if self.choices.below(3) == 0 {
            inner.push(String::new());
            inner.extend(self.block(depth + 1));
        }
        for (index, line) in inner.iter().flat_map(|line| line.split('\n')).enumerate() {
            let prefix = match self.choices.below(14) {
                0 => ">",
                1 => " > ",
                2 if index > 0 && !line.trim().is_empty() => {
                    self.count("lazy line");
                    ""
                }
                _ => "> ",
            };
            lines.push(format!("{prefix}{line}"));
        }
        lines
    }

    fn list(&mut self, depth: usize) -> Vec<String> {
        self.count("list");
        let mark = self.pick(&["- ", "* ", "1. ", "- [ ] ", "10) ", "+   "]);
        let mut lines = Vec::new();
        for _ in 0..=self.choices.below(2) {
            let mut inner = self.block(depth + 1);
            if self.choices.below(4) == 0 {
                inner.push(String::new());
                inner.extend(self.block(depth + 1));
            }
            let width = mark.trim_end_matches("[ ] ").len();
            let inner: Vec<String> = inner
                .iter()
                .flat_map(|line| line.split('\n'))
                .map(str::to_owned)
                .collect();
            for (index, line) in inner.iter().enumerate() {
                if index == 0 {
                    lines.push(format!("{mark}{line}"));
                } else if line.is_empty() {
                    lines.push(String::new());
                } else if self.choices.below(16) == 0 {
                    self.count("lazy line");
                    lines.push(line.clone());
                } else {
                    lines.push(format!("{}{line}", " ".repeat(width)));
                }
            }
            if self.choices.below(4) == 0 {
                lines.push(String::new());
            }
        }
        lines
    }
}
