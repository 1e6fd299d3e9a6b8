//! What poll reads: surveys, and everything that the gate asks of one issue.

use afk::domain::issue::{
    Actor, BlockerState, BodyEdits, IssueFacts, LabelChange, LabelEvent, Parent, PermissionFact,
    StateChange, Visibility,
};
use afk::domain::repository::IssueNumber;
use afk::domain::start::blocked_by::BlockerRef;
use afk::tracker::IssueLookup;

use super::stage::{Place, Stage};
use crate::support::world::{LOCK, READY, REPO};

fn numbers(issues: impl IntoIterator<Item = IssueNumber>) -> Vec<u64> {
    let mut numbers: Vec<u64> = issues.into_iter().map(|number| number.0).collect();
    numbers.sort_unstable();
    numbers
}

/// Changes of the ready label, oldest first.
fn labellings(facts: &IssueFacts) -> Vec<&LabelEvent> {
    let about_ready = |event: &&LabelEvent| event.label == READY;
    facts.label_events.iter().filter(about_ready).collect()
}

pub fn a_survey_tells_what_is_ready_and_what_is_locked(stage: &Stage) {
    let ready = stage.ready();
    let also_ready = stage.ready();
    stage.issue("alice", "Not yet", "");
    let closed = stage.ready();
    stage.close(closed, "alice");
    let pull_request = stage.pull_request("alice");
    stage.label(pull_request, "alice", READY);
    let locked = stage.issue("alice", "Under way", "");
    stage.label(locked, "afk-bot", LOCK);
    let locked_and_closed = stage.issue("alice", "Was under way", "");
    stage.label(locked_and_closed, "alice", LOCK);
    stage.close(locked_and_closed, "alice");
    // What shows the labels elsewhere is no issue of this repository.
    stage.add_repository("acme/gadgets");
    let elsewhere = stage.issue_in("acme/gadgets", "alice", "Elsewhere", "");
    stage.label_in("acme/gadgets", elsewhere, "alice", READY);
    stage.label_in("acme/gadgets", elsewhere, "alice", LOCK);

    let survey = stage.survey();
    let told = numbers(survey.ready.iter().map(|issue| issue.number));
    assert_eq!(told, [ready, also_ready], "{:?}", stage.place);
    assert!(survey.ready[0].labels.contains(&READY.to_owned()));
    assert_eq!(numbers(survey.locked), [locked, locked_and_closed]);
}

pub fn a_survey_tells_of_the_repository(stage: &Stage) {
    let repository = stage.survey().repository;
    assert_eq!(repository.repo.full_name(), REPO);
    assert!(repository.id.0 > 0);
    assert_eq!(repository.default_branch.as_deref(), Some("main"));
    assert!(!repository.facts.archived);
    assert_eq!(repository.facts.visibility, Visibility::Private);
    assert_eq!(repository.own_account.login, "afk-bot");
    assert!(repository.own_account.id.is_some());
    let id = repository.id.0.to_string();
    assert!(repository.key.to_string().ends_with(&format!("/{id}")));
    stage.make_public();
    stage.archive();
    let repository = stage.survey().repository;
    assert!(repository.facts.archived);
    assert_eq!(repository.facts.visibility, Visibility::Public);
}

pub fn the_newest_labelling_is_the_authorisation(stage: &Stage) {
    let number = stage.ready();
    let first = stage.facts(number);
    let events = labellings(&first);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].change, LabelChange::Added);
    assert_eq!(events[0].actor.name(), "alice");
    let Actor::User { id: Some(_), .. } = events[0].actor else {
        panic!("{:?} has no number", events[0].actor);
    };
    // The same event has the same id at every reading, whatever comes beside it.
    stage.label(number, "rita", "bug");
    stage.comment(number, "rita", "+1");
    let again = stage.facts(number);
    assert_eq!(labellings(&again)[0].id, events[0].id);

    stage.unlabel(number, "alice", READY);
    let removed = stage.facts(number);
    let newest = labellings(&removed).pop().unwrap();
    assert_eq!(newest.change, LabelChange::Removed);
    assert!(!removed.labels.contains(&READY.to_owned()));

    stage.label(number, "mallory", READY);
    let second = stage.facts(number);
    let newest = labellings(&second).pop().unwrap();
    assert_eq!(newest.change, LabelChange::Added);
    assert_eq!(newest.actor.name(), "mallory");
    assert_ne!(newest.id, events[0].id);
    assert!(second.gaps.is_empty(), "{:?}", second.gaps);
    // Who is gone has no name that anybody else could take.
    stage.delete_user("mallory");
    let orphaned = stage.facts(number);
    let newest = labellings(&orphaned).pop().unwrap();
    assert_eq!(newest.actor, Actor::Gone);
}

pub fn labels_of_another_case_are_not_the_ready_label(stage: &Stage) {
    let number = stage.issue("alice", "Nearly", "");
    stage.label(number, "alice", "ready-for-agents");
    assert!(stage.survey().ready.is_empty());
    if stage.place != Place::GitHub {
        // There a repository can have both.
        stage.label(number, "alice", "Ready-For-Agent");
        assert!(stage.survey().ready.is_empty());
    }
    assert!(labellings(&stage.facts(number)).is_empty());
}

pub fn changes_of_state_and_title_are_told_with_who_and_in_order(stage: &Stage) {
    let number = stage.ready();
    stage.close(number, "rita");
    stage.reopen(number, "alice");
    stage.retitle(number, "rita", "Another title");
    let facts = stage.facts(number);
    let states: Vec<_> = facts
        .state_events
        .iter()
        .map(|event| (event.change, event.actor.name()))
        .collect();
    assert_eq!(
        states,
        [
            (StateChange::Closed, "rita"),
            (StateChange::Reopened, "alice")
        ]
    );
    assert!(facts.state_events[0].at < facts.state_events[1].at);
    assert_eq!(facts.renames.len(), 1);
    assert_eq!(facts.renames[0].editor.name(), "rita");
    assert_eq!(facts.title, "Another title");
    assert_eq!(facts.body, "Please.\n");
    assert_eq!(facts.author.name(), "alice");
}

pub fn whether_a_body_was_edited_is_told_or_said_to_be_hidden(stage: &Stage) {
    let number = stage.ready();
    let untouched = stage.facts(number).body_edits;
    match stage.place {
        Place::GitHub | Place::Gitea126 => assert_eq!(untouched, BodyEdits::Never),
        Place::Forgejo11 | Place::Forgejo13 => assert_eq!(
            untouched,
            BodyEdits::Hidden {
                others_may_edit: false,
                quiet_since_authorisation: true
            }
        ),
    }
    stage.edit_body(number, "rita", "Otherwise.");
    let facts = stage.facts(number);
    assert_eq!(facts.body, "Otherwise.");
    match (&facts.body_edits, stage.place) {
        (BodyEdits::Edited { listed, .. }, Place::GitHub) => {
            assert!(listed.iter().any(|edit| edit.editor.name() == "rita"));
        }
        (
            BodyEdits::Hidden {
                quiet_since_authorisation: false,
                ..
            },
            Place::Forgejo11 | Place::Forgejo13 | Place::Gitea126,
        ) => {}
        (told, place) => panic!("{place:?}: {told:?}"),
    }
}

pub fn permissions_are_told_of_the_account_that_was_asked_about(stage: &Stage) {
    let number = stage.ready();
    let Actor::User {
        id: Some(alice), ..
    } = stage.facts(number).author
    else {
        panic!("an author has a number");
    };
    let told = |login: &str| {
        stage.with_repository(|tracker, repository| tracker.permission(repository, login).unwrap())
    };
    for login in ["alice", "ALICE"] {
        let PermissionFact::Known { id, permission } = told(login) else {
            panic!("{login}: {:?}", told(login));
        };
        assert!(permission.is_trusted() && id == alice, "{login}");
    }
    for login in ["rita", "mallory"] {
        let PermissionFact::Known { id, permission } = told(login) else {
            panic!("{login}: {:?}", told(login));
        };
        assert!(!permission.is_trusted() && id != alice, "{login}");
    }
    assert!(matches!(told("nobody-here"), PermissionFact::Mistaken(_)));
    // One look-up in a tick, whoever asks and however the name is written.
    stage.with_repository(|tracker, repository| {
        stage.journal.clear();
        for login in ["alice", "Alice", "alice"] {
            tracker.permission(repository, login).unwrap();
        }
    });
    let asked = stage.journal.exchanges();
    let about = asked
        .iter()
        .filter(|one| one.request.path.ends_with("/permission"));
    assert_eq!(about.count(), 1);
}

pub fn comments_are_told_with_author_and_edit(stage: &Stage) {
    let number = stage.ready();
    stage.comment(number, "alice", "The brief.");
    let edited = stage.comment(number, "rita", "A draft.");
    stage.edit_comment(number, &edited, "rita", "A text.");
    let facts = stage.facts(number);
    let told: Vec<_> = facts
        .comments
        .iter()
        .map(|comment| {
            let editor = comment.last_edit.as_ref().map(|edit| edit.editor.name());
            (comment.author.name(), comment.body.as_str(), editor)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("alice", "The brief.", None),
            ("rita", "A text.", Some("rita"))
        ]
    );
    assert!(facts.comments[0].created_at < facts.comments[1].created_at);
}

pub fn native_blockers_block_until_they_are_closed(stage: &Stage) {
    let first = stage.issue("alice", "First", "");
    let second = stage.issue("alice", "Second", "");
    let number = stage.ready();
    stage.block(number, first);
    stage.block(number, second);
    stage.close(first, "alice");
    let facts = stage.facts(number);
    let of = |number: u64| {
        let name = format!("{REPO}#{number}");
        let found = facts.blockers.iter().find(|blocker| blocker.name == name);
        found.unwrap_or_else(|| panic!("{name} is not in {:?}", facts.blockers))
    };
    assert_eq!(of(first).state, BlockerState::Closed);
    assert_eq!(of(second).state, BlockerState::Open);
    stage.close(second, "alice");
    let open = |facts: &IssueFacts| {
        let listed = facts.blockers.iter();
        let listed = listed.filter(|blocker| blocker.state != BlockerState::Closed);
        let counted = facts.open_native_blockers.unwrap_or(0);
        listed.count() > 0 || counted > facts.listed_open_native_blockers
    };
    assert!(!open(&stage.facts(number)));
    // One that can not be seen is open for all that is known.
    stage.block_out_of_sight(number);
    assert!(open(&stage.facts(number)));
}

pub fn blockers_that_the_body_names_are_looked_up(stage: &Stage) {
    let open = stage.issue("alice", "Open", "");
    let closed = stage.issue("alice", "Closed", "");
    stage.close(closed, "alice");
    let body = format!("Blocked by: #{open}, {REPO}#{closed}, #999\n");
    let number = stage.issue("alice", "Later", &body);
    stage.label(number, "alice", READY);
    let facts = stage.facts(number);
    let told: Vec<_> = facts
        .blockers
        .iter()
        .map(|blocker| match &blocker.state {
            BlockerState::Open => format!("{} open", blocker.name),
            BlockerState::Closed => format!("{} closed", blocker.name),
            BlockerState::Unresolved(_) => format!("{} unresolved", blocker.name),
        })
        .collect();
    assert_eq!(
        told,
        [
            format!("{REPO}#{open} open"),
            format!("{REPO}#{closed} closed"),
            format!("{REPO}#999 unresolved")
        ]
    );
}

pub fn assignments_tell_since_when(stage: &Stage) {
    let number = stage.ready();
    let before = stage.clock.now();
    stage.assign(number, "alice", "rita");
    let facts = stage.facts(number);
    assert_eq!(facts.assignees.len(), 1);
    assert_eq!(facts.assignees[0].assignee.name(), "rita");
    assert_eq!(facts.assignees[0].since, Some(before));
    assert!(labellings(&facts)[0].at < before);
}

pub fn a_named_parent_is_read_with_who_changed_it(stage: &Stage) {
    let parent = stage.issue("alice", "All of it", "The specification.");
    let read = |number: u64| {
        let reference = BlockerRef {
            repo: None,
            number: IssueNumber(number),
        };
        stage.with_repository(|tracker, repository| tracker.parent(repository, &reference).unwrap())
    };
    let Parent::Read(told) = read(parent) else {
        panic!("{:?}", read(parent));
    };
    assert_eq!(told.name, format!("{REPO}#{parent}"));
    assert_eq!(
        (told.title.as_str(), told.body.as_str()),
        ("All of it", "The specification.")
    );
    assert_eq!(told.author.name(), "alice");
    assert!(told.editors.is_empty() && told.editors_complete, "{told:?}");
    stage.retitle(parent, "rita", "All of that");
    let Parent::Read(told) = read(parent) else {
        panic!("{:?}", read(parent));
    };
    let editors: Vec<&str> = told.editors.iter().map(Actor::name).collect();
    assert_eq!(editors, ["rita"]);
    for no_issue in [stage.pull_request("alice"), 999] {
        let Parent::Unreadable { .. } = read(no_issue) else {
            panic!("{no_issue}: {:?}", read(no_issue));
        };
    }
}

pub fn a_pull_request_is_no_issue(stage: &Stage) {
    let number = stage.pull_request("alice");
    stage.label(number, "alice", READY);
    assert_eq!(stage.look_up(number), Ok(IssueLookup::PullRequest));
    assert_eq!(stage.look_up(999), Ok(IssueLookup::Missing));
    let lost = stage.ready();
    stage.delete_issue(lost);
    assert_eq!(stage.look_up(lost), Ok(IssueLookup::Missing));
}
