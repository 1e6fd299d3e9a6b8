//! The files of the crate as modules, and which file names what of which other one.
//!
//! Reads `use` declarations and paths in code. It knows no macros and no traits in scope: what a file never names, it does not use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One file of `src/`.
pub struct Module {
    /// Its file, such as `tick/poll/mod.rs`.
    pub file: String,
    /// Its lines, with unit tests.
    pub lines: usize,
    /// Its code without comments and without the unit tests at its end.
    pub code: String,
    /// Lines before the unit tests.
    pub lines_before_tests: usize,
}

/// Modules by their path, such as `["tick", "poll"]`. The root is the empty path; what only tests compile is left out.
pub struct Sources {
    pub modules: BTreeMap<Vec<String>, Module>,
    /// Files that only tests compile, with their lines.
    pub test_files: Vec<(String, usize)>,
}

/// A path as it is written, and what it is for.
enum Named {
    Used(Vec<String>),
    Shown { name: String, path: Vec<String> },
}

impl Sources {
    /// Reads everything under `src/` but the binaries.
    pub fn of_the_crate() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        super::sources(&root, &mut files);
        Self::from_texts(files.iter().map(|file| {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
            (path.to_owned(), std::fs::read_to_string(file).unwrap())
        }))
    }

    /// Reads files that are given as path and text.
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let texts: Vec<(String, String)> = texts
            .into_iter()
            .filter(|(file, _)| !file.starts_with("bin/"))
            .collect();
        let mut only_tests = BTreeSet::new();
        for (file, text) in &texts {
            for (at, marker) in text.match_indices(ONLY_TESTS) {
                let line = text[at + marker.len()..].lines().next().unwrap_or("");
                let declared = line
                    .split_once("mod ")
                    .and_then(|(_, name)| name.strip_suffix(';'));
                if let Some(name) = declared {
                    let mut path = module_path(file);
                    path.push(name.to_owned());
                    only_tests.insert(path);
                }
            }
        }
        let mut modules = BTreeMap::new();
        let mut test_files = Vec::new();
        for (file, text) in texts {
            let path = module_path(&file);
            let lines = text.lines().count();
            if only_tests.iter().any(|of_tests| path.starts_with(of_tests)) {
                test_files.push((file, lines));
                continue;
            }
            let before_tests = before_tests(&text);
            let module = Module {
                file,
                lines,
                code: without_comments(before_tests),
                lines_before_tests: before_tests.lines().count(),
            };
            modules.insert(path, module);
        }
        Self {
            modules,
            test_files,
        }
    }

    /// Which file uses which others, by their modules' paths.
    pub fn uses(&self) -> BTreeMap<&[String], BTreeSet<&[String]>> {
        let mut shown: BTreeMap<&[String], BTreeMap<String, Vec<String>>> = BTreeMap::new();
        let mut used: BTreeMap<&[String], Vec<Vec<String>>> = BTreeMap::new();
        for (path, module) in &self.modules {
            let spoken = without_modules(&without_uses(&module.code));
            for named in self.named(path, &module.code) {
                match named {
                    Named::Used(target) => used.entry(path).or_default().push(target),
                    Named::Shown { name, path: target } => {
                        // What a file shows on is a signpost, and a use only where the file itself speaks of it.
                        if has_word(&spoken, &name) {
                            used.entry(path).or_default().push(target.clone());
                        }
                        shown.entry(path).or_default().insert(name, target);
                    }
                }
            }
        }
        self.modules
            .keys()
            .map(|path| {
                let targets = used.remove(path.as_slice()).unwrap_or_default();
                let files = targets
                    .iter()
                    .filter_map(|target| self.file_of(target, &shown, 0))
                    .filter(|target| *target != path.as_slice())
                    .collect();
                (path.as_slice(), files)
            })
            .collect()
    }

    /// The module that a path from the root ends in, with signposts followed.
    fn file_of<'s>(
        &'s self,
        target: &[String],
        shown: &BTreeMap<&[String], BTreeMap<String, Vec<String>>>,
        depth: usize,
    ) -> Option<&'s [String]> {
        let (module, rest) = (0..=target.len()).rev().find_map(|length| {
            let (module, _) = self.modules.get_key_value(&target[..length])?;
            Some((module.as_slice(), &target[length..]))
        })?;
        let elsewhere = rest
            .first()
            .filter(|_| depth < 8)
            .and_then(|name| shown.get(module)?.get(name));
        match elsewhere {
            Some(path) => {
                let further: Vec<String> = path.iter().chain(&rest[1..]).cloned().collect();
                self.file_of(&further, shown, depth + 1)
            }
            None => Some(module),
        }
    }

    /// Every path of this crate that a file names.
    fn named(&self, module: &[String], code: &str) -> Vec<Named> {
        let mut named = Vec::new();
        for (is_shown, tree) in use_trees(code) {
            for (path, name) in leaves(&tree) {
                let Some(path) = self.seen_from_root(module, &path) else {
                    continue;
                };
                named.push(if is_shown {
                    Named::Shown { name, path }
                } else {
                    Named::Used(path)
                });
            }
        }
        for path in paths(&without_visibility(&without_uses(code))) {
            named.extend(self.seen_from_root(module, &path).map(Named::Used));
        }
        named
    }

    /// A path from the root of the crate; `None` when it leads to another crate.
    fn seen_from_root(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = module.to_vec();
        let rest = match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => rest,
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                base.truncate(base.len().checked_sub(ups)?);
                &path[ups..]
            }
            child => {
                let mut of_child = base.clone();
                of_child.push(child.to_owned());
                if !self.modules.contains_key(&of_child) {
                    return None;
                }
                path
            }
        };
        base.extend(rest.iter().cloned());
        Some(base)
    }
}

const ONLY_TESTS: &str = "#[cfg(test)]\n";

fn module_path(file: &str) -> Vec<String> {
    let file = file.trim_end_matches(".rs");
    if file == "lib" {
        return Vec::new();
    }
    let file = file.trim_end_matches("/mod");
    file.split('/').map(str::to_owned).collect()
}

/// The text before the unit tests, which stand at its end.
pub fn before_tests(text: &str) -> &str {
    let tests = text.match_indices(ONLY_TESTS).find(|(at, marker)| {
        let next = text[at + marker.len()..].lines().next().unwrap_or("");
        next.starts_with("mod ") || next.starts_with("pub") && next.contains(" mod ")
    });
    tests.map_or(text, |(at, _)| &text[..at])
}

fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether a line begins a `use` declaration, and whether that shows the name to others.
fn begins_use(line: &str) -> Option<bool> {
    let line = line.trim_start();
    if line.starts_with("use ") {
        return Some(false);
    }
    let rest = line.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(visibility) => visibility.split_once(')')?.1,
        None => rest,
    };
    rest.trim_start().starts_with("use ").then_some(true)
}

/// The trees of all `use` declarations, on one line each.
fn use_trees(code: &str) -> Vec<(bool, String)> {
    let mut trees = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let Some(is_shown) = begins_use(line) else {
            continue;
        };
        let mut tree = line.to_owned();
        while !tree.contains(';') {
            let Some(line) = lines.next() else { break };
            tree.push(' ');
            tree.push_str(line);
        }
        let tree = tree.split(';').next().unwrap();
        let (_, tree) = tree.split_once("use ").unwrap();
        trees.push((is_shown, tree.trim().to_owned()));
    }
    trees
}

fn without_uses(code: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in code.lines() {
        inside |= begins_use(line).is_some();
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= !line.contains(';');
    }
    kept
}

/// Code without `pub(in …)`: who may see a thing is no use of theirs.
fn without_visibility(code: &str) -> String {
    let mut parts = code.split("pub(in ");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |kept, part| {
        kept + part.split_once(')').map_or(part, |(_, rest)| rest)
    })
}

/// Code without its declarations of modules.
fn without_modules(code: &str) -> String {
    code.lines()
        .filter(|line| !(line.contains("mod ") && line.ends_with(';')))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The leaves of a `use` tree: path, and the name that it has here.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let Some(open) = tree.find('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias.trim().to_owned())),
            None => (tree, None),
        };
        let mut path: Vec<String> = path
            .split("::")
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        if path.len() > 1
            && path
                .last()
                .is_some_and(|last| last == "self" || last == "*")
        {
            path.pop();
        }
        let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
        return vec![(path, name)];
    };
    let prefix = &tree[..open];
    let inside = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let mut leaves_found = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inside[start..at].trim();
                if !part.is_empty() {
                    leaves_found.extend(leaves(&format!("{}{part}", prefix.trim())));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    leaves_found
}

/// Every path with `::` in code.
fn paths(code: &str) -> Vec<Vec<String>> {
    code.split(|c: char| !(is_word(c) || c == ':'))
        .filter(|word| word.contains("::") && !word.starts_with(':'))
        .map(|word| {
            word.split("::")
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c| !is_word(c)).any(|found| found == word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
