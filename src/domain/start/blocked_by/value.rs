//! The values of fields: sections, lines with what stands below them, cells.

use super::bare_number::BareNumber;
use super::clause::read_clauses;
use super::gatherer::Gatherer;
use super::instead::{CODE, TAKEN_OUT};
use super::inverse::{Place, opens_others, without_inverse};
use super::line::{Line, after_marks};
use super::list::{ends_in_reference, is_footer, is_subject};
use super::mention::mention;
use super::nothing::{self, Beginning};
use super::opening::Field;
use super::references::{references, without_joint};
use super::said::Said;
use super::subheading;
use super::table::Table;
use super::words::field_words;

/// What was read of the values in a column. Each cell says by itself that there is none.
#[derive(Default)]
pub(super) struct Column {
    names_something: bool,
    words: Option<String>,
}

impl Column {
    pub(super) fn read_cell(&mut self, cell: &str, gatherer: &mut Gatherer<'_>) {
        let mut value = Value::new(gatherer, false);
        value.read_text(cell);
        self.names_something |= value.names_something();
        if self.words.is_none() {
            self.words = value.words;
        }
    }

    /// Ends the column.
    pub(super) fn finish(self, gatherer: &mut Gatherer<'_>) {
        gatherer.end_value(self.names_something);
        if !self.names_something
            && let Some(words) = self.words
        {
            gatherer.note_unresolvable(&words);
        }
    }
}

/// What was read of one value.
pub(super) struct Value<'v, 'h> {
    gatherer: &'v mut Gatherer<'h>,
    named_before: usize,
    says_nothing: bool,
    /// The first words that name nothing.
    words: Option<String>,
    /// What the line of these words was.
    words_are: Said,
    /// Whether no text stood there so far.
    is_empty: bool,
    /// Whether the last line ends in the middle of a list.
    goes_on: bool,
    /// Whether it is the value of "Dependencies".
    of_dependencies: bool,
    /// Whether columns are cells of a table, of which only the first one may hold a bare number.
    has_tables: bool,
}

impl<'v, 'h> Value<'v, 'h> {
    pub(super) fn new(gatherer: &'v mut Gatherer<'h>, of_dependencies: bool) -> Self {
        gatherer.begin_value();
        Self {
            named_before: gatherer.named,
            gatherer,
            says_nothing: false,
            words: None,
            words_are: Said::Words,
            is_empty: true,
            goes_on: false,
            of_dependencies,
            has_tables: false,
        }
    }

    fn names_something(&self) -> bool {
        self.gatherer.named > self.named_before
    }

    /// A heading's value: everything up to the next heading, but for smaller ones that sort it, or hold references only.
    pub(super) fn read_section(&mut self, lines: &[Line<'_>], field: &Field<'_>) -> usize {
        self.has_tables = true;
        let level = field.heading.unwrap_or(0);
        let mut is_sorted = false;
        // The list below what names other issues: how far its label is indented, if it is an item itself.
        let mut of_others: Option<Option<usize>> = None;
        let mut others_seen = false;
        let mut at = field.next;
        while at < lines.len() {
            let line = &lines[at];
            if let Some(heading) = line.heading(lines.get(at + 1)) {
                let below = at + heading.lines;
                is_sorted |= self.is_empty;
                let goes_on = heading.level > level
                    && subheading::goes_on(heading.text, &lines[below..], is_sorted);
                if !goes_on {
                    break;
                }
                self.gatherer.read_all(heading.text);
                self.says_nothing = false;
                at = below;
                continue;
            }
            if let Some(table) = Table::at(lines, at) {
                self.read_columns(lines, &table);
                at = table.rows.end;
                continue;
            }
            let is_head_of_table = lines.get(at + 1).is_some_and(Line::is_table_rule);
            let is_end = Line::is_rule(line.text) && !line.is_table_rule();
            // Behind a rule stands what the issue was made from.
            if is_end && !self.is_empty && is_footer(&lines[at + 1..]) {
                break;
            }
            let content = after_marks(line.text);
            let is_of_others = of_others.is_some_and(|label| {
                let deeper = |item| label.is_none_or(|label| item > label);
                let is_item = line.item.is_some_and(deeper) && field_words(content).is_none();
                others_seen |= is_item;
                is_item || line.is_blank() && !others_seen
            });
            if !is_of_others {
                others_seen = false;
                of_others = opens_others(content, self.of_dependencies).then_some(line.item);
            }
            if is_of_others || of_others.is_some() {
                at += 1;
                continue;
            }
            if is_head_of_table {
                references(line.text, self.has_tables, self.gatherer);
            } else {
                self.read_line(line.text);
            }
            at += 1;
        }
        at
    }

    /// The columns of a table that say what their words are: the others are about something else.
    fn read_columns(&mut self, lines: &[Line<'_>], table: &Table) {
        let mut column = Column::default();
        for line in &lines[table.rows.clone()] {
            for (index, cell) in line.cells().into_iter().enumerate() {
                if table.holds_values(index) {
                    column.read_cell(&table.without_rows(cell), self.gatherer);
                }
            }
        }
        self.is_empty = false;
        if self.words.is_none() {
            self.words = column.words;
        }
    }

    /// The table that begins with a line, when one does and nothing of the value stood before it; returns the line behind it.
    fn read_table_below(&mut self, lines: &[Line<'_>], at: usize) -> Option<usize> {
        let has_rule = lines.get(at + 1).is_some_and(Line::is_table_rule);
        if !(self.is_empty && has_rule && lines[at].is_row()) {
            return None;
        }
        if let Some(table) = Table::at(lines, at) {
            self.read_columns(lines, &table);
            return Some(table.rows.end);
        }
        self.has_tables = true;
        references(lines[at].text, self.has_tables, self.gatherer);
        let rows = lines[at + 2..].iter().take_while(|line| line.is_row());
        let mut end = at + 2;
        for row in rows {
            self.read_line(row.text);
            end += 1;
        }
        Some(end)
    }

    /// A line's value goes on in the list below, and in lines that begin with a reference.
    pub(super) fn read_below(&mut self, lines: &[Line<'_>], field: &Field<'_>) -> usize {
        let mut at = field.next;
        let mut blank = false;
        let mut in_list = false;
        // A paragraph below words that are used as a heading.
        let mut in_paragraph = false;
        // What was taken out behind the words was the value; a list may stand below all the same.
        let was_taken_out = field.first.contains(TAKEN_OUT);
        // Lines below words that stand alone, each with its issue, are a list without marks.
        let is_alone = field.first.trim().is_empty() && field.item.is_none() && !was_taken_out;
        // Blank lines belong to the value only when something of it follows.
        let mut end = at;
        while at < lines.len() {
            let line = &lines[at];
            if line.is_blank() {
                blank = true;
                at += 1;
                continue;
            }
            if Field::at(lines, at).is_none()
                && let Some(behind) = self.read_table_below(lines, at)
            {
                return behind;
            }
            let opens_other = line.heading(lines.get(at + 1)).is_some()
                || field_words(after_marks(line.text)).is_some_and(|words| words.has_colon);
            let content = after_marks(line.text);
            let joined = without_joint(content);
            let is_reference = mention(joined).is_some() || BareNumber::at(joined).is_some();
            let own_indent = field.item;
            let deeper = own_indent.is_none_or(|own| line.indent > own);
            let belongs = !opens_other
                && match line.item {
                    Some(_) if blank && !in_list && self.says_nothing => false,
                    Some(_) if blank && !in_list && self.names_something() => {
                        deeper && is_reference
                    }
                    Some(_) => deeper,
                    None if in_list => line.indent > 0 && deeper,
                    None if self.goes_on && !blank => true,
                    None if own_indent.is_some() => {
                        let is_other = self.is_empty && was_taken_out && !is_reference;
                        deeper && !is_other && (!blank || self.is_empty && field.is_emphasised)
                    }
                    None if is_reference => !(blank && self.names_something()),
                    None if line.is_cell() => self.is_empty && !blank,
                    None if self.is_empty && line.introduces_blockers() => true,
                    None if is_alone
                        && (!blank || line.begins_with_picture())
                        && !line.looks_like_label()
                        && ends_in_reference(content) =>
                    {
                        true
                    }
                    None if line.looks_like_label() => false,
                    None if in_paragraph => !blank,
                    None if self.is_empty && !blank => !was_taken_out && !line.is_head_cell(),
                    None if self.is_empty && field.is_emphasised => {
                        in_paragraph = line.is_plain();
                        in_paragraph
                    }
                    None => false,
                };
            if !belongs {
                break;
            }
            in_list |= line.item.is_some();
            blank = false;
            self.read_line(line.text);
            at += 1;
            end = at;
        }
        end
    }

    /// Reads one line of the value.
    fn read_line(&mut self, line: &str) {
        self.read(line, true);
    }

    /// Reads what stands behind the words of a field, or in a cell.
    pub(super) fn read_text(&mut self, text: &str) {
        self.read(text, false);
    }

    fn read(&mut self, line: &str, begins_line: bool) {
        if Line::is_rule(line) {
            return;
        }
        let mut begins_line = begins_line;
        let mut text = after_marks(line);
        if let Some(words) = field_words(text).filter(|words| words.has_colon) {
            text = words.rest;
            begins_line = false;
            // A field of its own: "none" in the one before says nothing of it.
            self.says_nothing = false;
        }
        let place = Place {
            begins_line,
            of_dependencies: self.of_dependencies,
        };
        let kept = without_inverse(text, place);
        let is_cut = kept.len() < text.len();
        let text = kept.trim();
        if text.is_empty() || is_cut && is_subject(text) {
            return;
        }
        let said = Said::of(line, text);
        match said {
            Said::Aside => return,
            Said::NoneOfKind => {
                self.is_empty = false;
                return;
            }
            Said::NoneTicked if self.words_are == Said::Unticked => self.words = None,
            Said::NoneTicked | Said::OfForm | Said::Unticked | Said::Words => {}
        }
        self.goes_on = text.ends_with([',', '&', '+']) || text.ends_with(" and");
        let was_empty = std::mem::replace(&mut self.is_empty, false);
        let before = self.gatherer.named;
        let beginning = nothing::beginning(text);
        match beginning {
            // "Nothing else" behind words that name something does not take them back.
            Beginning::Nothing => {
                if self.words_are == Said::OfForm {
                    self.words = None;
                }
                self.says_nothing |= self.words.is_none();
                // "None. Update: blocked by #12"
                read_clauses(text, self.gatherer);
            }
            // What explains "none" names nothing, but for items of a list, and "Update: blocked by #12".
            Beginning::Other if self.says_nothing && !self.names_something() && !was_empty => {
                let behind_label = text.split_once(": ").map(|(_, behind)| behind.trim());
                let names = |text: &str| mention(text).is_some() || BareNumber::at(text).is_some();
                if names(text) || behind_label.is_some_and(names) {
                    references(text, self.has_tables, self.gatherer);
                } else {
                    read_clauses(text, self.gatherer);
                }
            }
            Beginning::No | Beginning::Other => {
                references(text, self.has_tables, self.gatherer);
                if self.gatherer.named == before && self.words.is_none() {
                    let is_value = beginning == Beginning::Other || nothing::is_of_a_lack(text);
                    self.words = is_value.then(|| text.replace(CODE, "…"));
                    self.words_are = said;
                    self.says_nothing |= !is_value;
                }
            }
        }
    }

    /// Ends the value: one that is `strict`, names nothing and says something else than "none" is unresolvable.
    pub(super) fn finish(self, strict: bool) {
        let names_something = self.names_something();
        self.gatherer.end_value(names_something);
        if strict
            && !names_something
            && let Some(words) = self.words
        {
            self.gatherer.note_unresolvable(&words);
        }
    }
}
