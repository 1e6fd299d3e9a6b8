//! A way through the model in words: one line per step, who did what and what it changed.

use std::fmt::{self, Display};

use super::issue::{ISSUES, Issue};
use super::slot::Slot;
use super::state::Event;
use super::world::World;

/// The steps from the start to some state.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    lines: Vec<String>,
}

impl Trace {
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Adds one step.
    pub fn push(&mut self, event: &Event, before: &World, after: &World) {
        let changes = changes(before, after);
        self.lines.push(if changes.is_empty() {
            event.to_string()
        } else {
            format!("{event} -> {}", changes.join(", "))
        });
    }
}

impl Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines.iter().enumerate() {
            writeln!(f, "{:>3}. {line}", index + 1)?;
        }
        Ok(())
    }
}

/// What differs between two worlds, in words.
pub fn changes(before: &World, after: &World) -> Vec<String> {
    let mut changes = Vec::new();
    for number in ISSUES {
        issue_changes(
            &number.to_string(),
            before.issue(number),
            after.issue(number),
            &mut changes,
        );
    }
    for (number, slot) in after.slots.iter() {
        if before.slots.contains(number) {
            slot_changes(
                &number.to_string(),
                before.slots.of(number),
                slot,
                &mut changes,
            );
        } else {
            let bound = slot
                .binding
                .map_or("nothing".to_owned(), |binding| binding.to_string());
            changes.push(format!(
                "{number} exists, bound to {bound}, agent {:?}",
                slot.agent
            ));
        }
    }
    if before.refusal != after.refusal {
        changes.push(format!("refused for good from now on: {:?}", after.refusal));
    }
    changes
}

fn issue_changes(name: &str, before: &Issue, after: &Issue, changes: &mut Vec<String>) {
    let mut flag = |was: bool, is: bool, gained: &str, lost: &str| {
        if was != is {
            changes.push(format!("{name} {}", if is { gained } else { lost }));
        }
    };
    flag(before.open, after.open, "is open again", "is closed");
    flag(
        before.ready,
        after.ready,
        "gets the ready label",
        "loses the ready label",
    );
    flag(
        before.lock,
        after.lock,
        "gets the lock label",
        "loses the lock label",
    );
    flag(
        before.human,
        after.human,
        "is handed back",
        "is no longer handed back",
    );
    if before.event != after.event {
        changes.push(format!("{name} has a new labelling"));
    }
    if before.final_text != after.final_text {
        changes.push(format!("{name} shows the end of its run"));
    }
}

fn slot_changes(name: &str, before: &Slot, after: &Slot, changes: &mut Vec<String>) {
    let mut note = |changed: bool, what: String| {
        if changed {
            changes.push(format!("{name} {what}"));
        }
    };
    if let Some(binding) = after.binding {
        note(
            before.binding != after.binding,
            format!("is bound to {binding}"),
        );
    }
    note(
        before.burned != after.burned,
        format!(
            "burned step {}",
            (before.burned ^ after.burned).trailing_zeros()
        ),
    );
    note(
        before.next > after.next,
        format!("shows nothing from step {} on", after.next),
    );
    note(
        before.fixes < after.fixes,
        format!("had corrective turn {}", after.fixes),
    );
    if let Some(ending) = after.ending {
        note(
            before.ending != after.ending,
            format!("ended as {ending:?}"),
        );
    }
    note(
        before.agent != after.agent,
        format!("agent is {:?}", after.agent),
    );
    note(
        before.pushed != after.pushed,
        "has a commit on the branch".to_owned(),
    );
    note(before.ci != after.ci, format!("CI is {:?}", after.ci));
    note(
        before.rings != after.rings,
        format!("bell rang, time {}", after.rings),
    );
    note(before.noted != after.noted, "notes its bell".to_owned());
    note(
        before.resumes < after.resumes,
        format!("was resumed, {} in a row", after.resumes),
    );
    note(
        before.forgery != after.forgery,
        format!("title is forged: {:?}", after.forgery),
    );
    note(!before.deleted && after.deleted, "is deleted".to_owned());
    note(!before.released && after.released, "is released".to_owned());
    note(
        before.released && !after.released,
        "is out of the archive".to_owned(),
    );
}
