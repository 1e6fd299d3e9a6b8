//! The parent of an issue as context for the agent: whole, or one line that says why not. It never refuses.

use super::people::{People, Standing};
use crate::domain::issue::{Actor, Parent, ParentIssue};
use crate::domain::start::frozen_text;
use crate::domain::text::hidden_characters::code_points;
use crate::domain::text::shown_text::ShownText;

/// Returns what the agent reads of the parent.
pub(super) fn admit<'p>(parent: &'p Parent, people: &People<'_>) -> frozen_text::Parent<'p> {
    match parent {
        Parent::None => frozen_text::Parent::None,
        // What the forge says of it stands in the log: it may quote what a stranger wrote.
        Parent::Unreadable { name, why: _ } => frozen_text::Parent::LeftOut {
            name: people.rules.enrols_home_of(name).then_some(name),
            why: "it could not be read".to_owned(),
        },
        Parent::Read(parent) => match why_not(parent, people) {
            Some(why) => frozen_text::Parent::LeftOut {
                name: is_enrolled(parent, people).then_some(&parent.name),
                why,
            },
            None => whole(parent),
        },
    }
}

/// Returns everybody whose permission decides whether the agent reads the parent.
pub(super) fn writers<'p>(parent: &'p Parent, people: &People<'_>) -> Vec<&'p Actor> {
    match parent {
        Parent::Read(parent) if is_enrolled(parent, people) && parent.editors_complete => {
            let author = std::iter::once(&parent.author);
            author.chain(&parent.editors).collect()
        }
        Parent::None | Parent::Unreadable { .. } | Parent::Read(_) => Vec::new(),
    }
}

fn is_enrolled(parent: &ParentIssue, people: &People<'_>) -> bool {
    let enrolled = people.rules.enrolled;
    parent
        .repo
        .as_ref()
        .is_some_and(|repo| enrolled.contains(repo))
}

fn why_not(parent: &ParentIssue, people: &People<'_>) -> Option<String> {
    if !is_enrolled(parent, people) {
        return Some("its repository is not enrolled".to_owned());
    }
    if !parent.editors_complete {
        return Some("not everybody who edited it can be listed".to_owned());
    }
    let roles = std::iter::once((&parent.author, "wrote"))
        .chain(parent.editors.iter().map(|editor| (editor, "edited")));
    for (actor, did) in roles {
        match people.standing(actor) {
            Standing::Trusted => {}
            Standing::Untrusted(why) | Standing::NotKnown(_, why) => {
                return Some(format!("{} {did} it: {why}", actor.name()));
            }
        }
    }
    let mut hidden = ShownText::of_plain(&parent.title).hidden_characters;
    hidden.extend(ShownText::of_markdown(&parent.body).hidden_characters);
    (!hidden.is_empty()).then(|| format!("it holds hidden characters: {}", code_points(&hidden)))
}

fn whole(parent: &ParentIssue) -> frozen_text::Parent<'_> {
    frozen_text::Parent::Shown {
        name: &parent.name,
        author: parent.author.name(),
        title: ShownText::of_plain(&parent.title),
        body: ShownText::of_markdown(&parent.body),
    }
}
