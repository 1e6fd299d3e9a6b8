//! What stands in a line: words, marks, links, raw tags.

use super::Builder;

impl Builder<'_, '_> {
    pub(super) fn paragraph(&mut self) -> Vec<String> {
        let mut text = self.line();
        for _ in 0..self.choices.below(3) {
            let end = self.pick(&["\n", "\n", "  \n", "\\\n", "\n "]);
            text.push_str(end);
            text.push_str(&self.line());
        }
        text.split('\n').map(str::to_owned).collect()
    }

    /// Inline text; may have line ends in raw tags and in links.
    pub(super) fn line(&mut self) -> String {
        let mut text = String::new();
        for index in 0..=self.choices.below(3) {
            if index > 0 {
                text.push_str(self.pick(&[" ", " ", "", "\n"]));
            }
            text.push_str(&self.inline(0));
        }
        text
    }

    pub(super) fn inline(&mut self, depth: usize) -> String {
        let kinds = if depth < 3 { 39 } else { 27 };
        match self.choices.below(kinds) {
            0..=3 => self.word(),
            4 => {
                self.count("code span");
                let raw = self.raw_line();
                self.pick(&["`", "``"]).to_owned() + &raw + "`"
            }
            5 => {
                self.count("image");
                let (word, address) = (self.word(), self.word());
                let title = self.title();
                format!("![{word}]({address}{title})")
            }
            6 => {
                self.count("autolink");
                let word = self.word();
                match self.choices.below(4) {
                    0 => format!("<https://e.org/{word}>"),
                    1 => format!("https://e.org/{word}"),
                    2 => format!("www.e.org/{word}"),
                    _ => format!("<{word}@e.org>"),
                }
            }
            7 => self.comment(),
            8 => {
                self.count("processing instruction");
                format!("<?{} {}?>", self.word(), self.word())
            }
            9 => {
                self.count("declaration");
                format!("<!X {}>", self.word())
            }
            10 => {
                self.count("CDATA");
                let inner = self.pick(&["", ">", "<b>"]);
                format!("<![CDATA[{}{inner}{}]]>", self.word(), self.word())
            }
            11 => {
                self.count("entity");
                let entity = self.pick(&[
                    "&amp;",
                    "&lt;!-- ",
                    "&#x200b;",
                    "&nbsp;",
                    "&copy;",
                    "&#60;b&#62;",
                    "&quot;",
                ]);
                self.word() + entity + &self.word()
            }
            12 => {
                self.count("escape");
                let escape = self.pick(&[
                    "\\<", "\\[", "\\`", "\\*", "\\!", "\\\\", "\\&", "\\]", "\\|",
                ]);
                escape.to_owned() + &self.word()
            }
            13 if self.odd_footnotes => {
                self.count("footnote reference");
                format!("[^{}]", self.pick(&["1", "2", "n", "N"]))
            }
            14 if self.odd_footnotes => {
                self.count("footnote reference by a word");
                let label = self.label();
                let shown = self.word();
                self.tail.push(String::new());
                self.tail.push(format!("[^{label}]: {shown}"));
                format!("[^{label}]")
            }
            13..=15 => {
                self.count("raw picture");
                let (alt, source) = (self.word(), self.word());
                let end = self.line_end();
                let size = self.pick(&[
                    "",
                    " width=\"1\"",
                    " width=\"100\" height=\"0\"",
                    " height=9",
                    " width=' 7.9%'",
                    " width=1e3",
                    " height=auto",
                ]);
                format!("<img src=\"{source}\"{end}alt=\"{alt}\"{size}>")
            }
            16 => {
                self.count("empty link");
                let address = self.word();
                match self.choices.below(5) {
                    0 => format!("<a href=\"{address}\"></a>"),
                    1 => format!("[]({address})"),
                    2 => format!("[&nbsp;]({address} \"{}\")", self.word()),
                    3 => format!("<a href={address}><b></b> </a>"),
                    _ => format!("[<i></i>]({address})"),
                }
            }
            17 => {
                self.count("stray mark");
                let marks = [
                    "<", "[", "]", "`", "*", "&", "|", "![", "](", "<!", "</", "_", "~", "<a ",
                    "\"", ">", "[^",
                ];
                let last = usize::from(!self.odd_footnotes);
                self.pick(&marks[..marks.len() - last]).to_owned()
            }
            18 => {
                self.count("shortcut reference");
                let label = self.label();
                self.define(&label);
                format!("[{label}]")
            }
            19 => {
                self.count("unknown tag");
                format!("<x-{} {}=1>{}", self.word(), self.word(), self.word())
            }
            20 => {
                self.count("empty comment");
                self.pick(&["<!-->", "<!--->", "<!---->"]).to_owned() + &self.word()
            }
            21 => {
                self.count("closing tag alone");
                self.pick(&[
                    "</b>",
                    "</p>",
                    "</div>",
                    "</rp>",
                    "</details>",
                    "</template>",
                ])
                .to_owned()
            }
            22 => self.picture(),
            23 => {
                self.count("dropped address");
                let word = self.word();
                match self.choices.below(5) {
                    0 => format!("[{}](javascript:{word})", self.word()),
                    1 => format!("![{}](data:image/png,{word})", self.word()),
                    2 => format!("<a href=\"vbscript:{word}\">{}</a>", self.word()),
                    3 => format!("<img src=\"data:{word}\">"),
                    _ => format!("[{}](x:{word} \"{}\")", self.word(), self.word()),
                }
            }
            24 => {
                self.count("formula");
                let word = self.word();
                self.pick(&["$", "$$", "$`"]).to_owned() + &word + "$"
            }
            25 => {
                self.count("short name");
                format!("{}{}:", self.pick(&[":", "@", "#", "~"]), self.word())
            }
            26 => {
                self.count("video");
                let (source, inner) = (self.word(), self.word());
                let size = self.pick(&["", " width=100", " width=1", " height=7px"]);
                format!(
                    "<video src={source}{size}><source src={}>{inner}</video>",
                    self.word()
                )
            }
            27 | 28 => {
                let marks = self.pick(&["*", "**", "_", "~~", "***", "~"]);
                self.count("emphasis");
                format!("{marks}{}{marks}", self.inline(depth + 1))
            }
            29 | 30 => {
                self.count("link");
                let text = self.inline(depth + 1);
                let address = self.word();
                let title = self.title();
                match self.choices.below(3) {
                    0 => format!("[{text}](<{address}>{title})"),
                    _ => format!("[{text}]({address}{title})"),
                }
            }
            31 => {
                self.count("full reference");
                let text = self.inline(depth + 1);
                let label = self.label();
                self.define(&label);
                format!("[{text}][{label}]")
            }
            32 => {
                self.count("collapsed reference");
                let label = self.label();
                self.define(&label);
                format!("[{label}][]")
            }
            33 => {
                self.count("reference to a picture");
                let text = self.inline(depth + 1);
                let label = self.label();
                self.define(&label);
                format!("![{text}][{label}]")
            }
            34 | 35 => {
                self.count("raw element");
                let name = self.pick(&["b", "i", "sub", "kbd", "span", "a", "B", "details", "ins"]);
                let (open, inner) = (self.open_tag(name), self.inline(depth + 1));
                format!("{open}{inner}</{name}>")
            }
            36 => {
                self.count("ruby");
                let (base, paren, reading) = (self.word(), self.word(), self.word());
                match self.choices.below(4) {
                    0 => format!("<ruby>{base}<rp>{paren}</rp></ruby>"),
                    1 => format!("<ruby>{base}<rp>{paren}</rp><rt>{reading}</rt></ruby>"),
                    2 => format!("<ruby>{base}<rp>{paren}<rt>{reading}</rt></ruby>"),
                    _ => format!("<rp>{paren}"),
                }
            }
            37 => {
                self.count("hidden element");
                let name = self.pick(&[
                    "template", "dialog", "video", "audio", "canvas", "script", "style",
                    "noscript", "textarea", "select", "datalist", "iframe", "title", "xmp",
                    "progress", "svg", "bdo",
                ]);
                let inner = self.inline(depth + 1);
                let open = self.open_tag(name);
                if self.choices.below(12) == 0 {
                    self.count("hidden element left open");
                    return format!("{open}{inner}");
                }
                format!("{open}{inner}</{name}>")
            }
            _ => {
                self.count("link in a picture");
                let inner = self.inline(depth + 1);
                format!("![[{inner}]({})]({})", self.word(), self.word())
            }
        }
    }

    fn picture(&mut self) -> String {
        self.count("picture");
        let (set, media, source) = (self.word(), self.word(), self.word());
        let (picture, alt) = (self.word(), self.word());
        let theme = self.pick(&["", "", "#gh-dark-mode-only", "#gh-light-mode-only"]);
        match self.choices.below(3) {
            0 => format!("![{alt}]({picture}{theme})"),
            1 => format!(
                "<picture><source media=\"{media}\" srcset=\"{set}\"><img src=\"{picture}{theme}\" alt={alt}></picture>"
            ),
            _ => format!("<picture title={media}><source src={source}>{alt}</picture>"),
        }
    }

    pub(super) fn title(&mut self) -> String {
        let word = self.word();
        let more = self.word();
        match self.choices.below(6) {
            0 => format!(" \"{word}\""),
            1 => format!(" '{word}\n{more}'"),
            2 => format!("\n({word})"),
            _ => String::new(),
        }
    }

    pub(super) fn line_end(&mut self) -> &'static str {
        self.pick(&[" ", "\n", "\n ", "\n\n "])
    }

    pub(super) fn open_tag(&mut self, name: &str) -> String {
        let mut tag = format!("<{name}");
        for _ in 0..self.choices.below(3) {
            self.count("attribute");
            let end = self.pick(&[" ", " ", "\n", "\n  "]);
            if end.contains('\n') {
                self.count("tag over lines");
            }
            let word = self.word();
            tag.push_str(end);
            tag.push_str(&match self.choices.below(8) {
                0 => format!("title=\"{word}\""),
                1 => format!("title='a>{word}'"),
                2 => format!("data-x={word}"),
                3 => word,
                4 => format!("align={word}"),
                5 => format!("hidden title=\"<!-- {word}\""),
                6 => format!("width=\"{word}\""),
                _ => format!("title = \"{word}\n{}\"", self.word()),
            });
        }
        tag.push_str(self.pick(&[">", ">", "\n>", "/>"]));
        tag
    }

    pub(super) fn comment(&mut self) -> String {
        self.count("comment");
        let (word, more) = (self.word(), self.word());
        match self.choices.below(5) {
            0 => format!("<!-- {word}\n{more} -->"),
            1 => format!("<!--{word}<b>{more}-->"),
            2 => format!("<!-- {word}\n\n{more} -->"),
            3 => format!("<!-- {word} > <!-- {more} -->"),
            _ => format!("<!-- {word} -->"),
        }
    }

    /// Characters that mean nothing in code.
    pub(super) fn raw_line(&mut self) -> String {
        let (word, more) = (self.word(), self.word());
        match self.choices.below(6) {
            0 => format!("<!-- {word} --> {more}"),
            1 => format!("<b title=\"{word}\">{more}</b>"),
            2 => format!("[{word}]: {more}"),
            3 => format!("&amp;{word} \\<{more}"),
            4 => format!("| {word} | {more} |"),
            _ => format!("{word} {more}"),
        }
    }
}
