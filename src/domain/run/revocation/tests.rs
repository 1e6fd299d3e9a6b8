//! Who withdrew what, and what did not withdraw anything.

use super::*;
use crate::domain::issue::ViaApp;

const READY: &str = "ready-for-agent";

/// `seconds` after the run's start.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400 + seconds, 0).unwrap()
}

fn sha(letter: char) -> CommitSha {
    CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
}

fn event_id(id: &str) -> Authorisation {
    Authorisation::new(id).unwrap()
}

fn person() -> Actor {
    Actor::User {
        login: "octocat".to_owned(),
        id: Some(1),
    }
}

fn us() -> Actor {
    Actor::Bot {
        slug: "afk-app".to_owned(),
        id: Some(9),
    }
}

/// An account that agents use, in another case.
fn agent() -> Actor {
    Actor::User {
        login: "Robot".to_owned(),
        id: Some(6),
    }
}

fn stranger_bot() -> Actor {
    Actor::Bot {
        slug: "stale".to_owned(),
        id: Some(5),
    }
}

fn label(seconds: i64, id: &str, change: LabelChange, name: &str, actor: Actor) -> LabelEvent {
    LabelEvent {
        id: event_id(id),
        at: at(seconds),
        change,
        label: name.to_owned(),
        actor,
        via_app: ViaApp::No,
    }
}

fn added(seconds: i64, id: &str) -> LabelEvent {
    label(seconds, id, LabelChange::Added, READY, person())
}

fn removed(seconds: i64, actor: Actor) -> LabelEvent {
    label(seconds, "removal", LabelChange::Removed, READY, actor)
}

fn closed(seconds: i64, actor: Actor, closer: Closer) -> StateEvent {
    StateEvent {
        at: at(seconds),
        actor,
        change: StateChange::Closed(closer),
    }
}

fn reopened(seconds: i64) -> StateEvent {
    StateEvent {
        at: at(seconds),
        actor: person(),
        change: StateChange::Reopened,
    }
}

const NOW: i64 = 1_000;

fn standing(labels: Vec<LabelEvent>, states: Vec<StateEvent>) -> Standing {
    let own_account = OwnAccount {
        login: "afk-app[bot]".to_owned(),
        id: Some(9),
    };
    let merge = sha('e');
    let run = RunBinding {
        authorisation: &event_id("E"),
        started_at: at(0),
        ready_label: READY,
        own_account: &own_account,
        agents: &BTreeSet::from(["robot".to_owned()]),
        apps: &BTreeSet::from(["triage-app".to_owned()]),
        commits: &[sha('a')],
        merges: vec![&merge],
        settle: TimeDelta::seconds(120),
    };
    IssueEvents { labels, states }.standing(&run, at(NOW))
}

fn by_label(labels: Vec<LabelEvent>) -> Standing {
    standing(labels, Vec::new())
}

fn by_state(states: Vec<StateEvent>) -> Standing {
    standing(vec![added(-60, "E")], states)
}

#[test]
fn an_untouched_issue_stands() {
    let untouched = Standing {
        revocation: Revocation::None,
        ready_label: ReadyLabel::FromRun,
        closed: None,
        withdrawn_once: false,
    };
    assert_eq!(by_label(vec![added(-60, "E")]), untouched);
    assert_eq!(by_label(Vec::new()), untouched);
    assert!(!untouched.revocation.is_revoked() && untouched.revocation.in_words().is_none());
}

#[test]
fn only_a_person_withdraws_by_taking_the_ready_label_off() {
    for (actor, revoked) in [
        (person(), true),
        (stranger_bot(), false),
        (Actor::Gone, false),
        (agent(), false),
        (us(), false),
    ] {
        let standing = by_label(vec![added(-60, "E"), removed(100, actor.clone())]);
        let expected = if revoked {
            let at = at(100);
            Revocation::ReadyLabelRemoved { actor, at }
        } else {
            Revocation::None
        };
        assert_eq!(standing.revocation, expected);
        assert_eq!(standing.ready_label, ReadyLabel::Off);
    }
}

#[test]
fn a_new_label_rearms_the_issue_and_does_not_bring_the_old_authorisation_back() {
    let standing = by_label(vec![
        added(-60, "E"),
        removed(100, person()),
        added(200, "E2"),
    ]);
    assert!(standing.revocation.is_revoked());
    assert_eq!(standing.rearmed_by(), Some(&event_id("E2")));

    let removed_by_us = by_label(vec![added(-60, "E"), removed(100, us()), added(200, "E2")]);
    assert!(!removed_by_us.revocation.is_revoked());
    assert_eq!(removed_by_us.rearmed_by(), Some(&event_id("E2")));
}

#[test]
fn removals_before_the_authorisation_do_not_count() {
    let before = vec![added(-90, "E0"), removed(-80, person()), added(-60, "E")];
    assert_eq!(by_label(before).revocation, Revocation::None);
    // At one second, the order of the list decides.
    let at_once = vec![removed(-60, person()), added(-60, "E")];
    assert_eq!(by_label(at_once).revocation, Revocation::None);
    let at_once = vec![added(-60, "E"), removed(-60, person())];
    assert!(by_label(at_once).revocation.is_revoked());
}

#[test]
fn a_list_that_does_not_reach_back_counts_from_the_runs_start() {
    let before = by_label(vec![removed(-1, person()), added(-1, "other")]);
    assert_eq!(before.revocation, Revocation::None);
    assert!(by_label(vec![removed(0, person())]).revocation.is_revoked());
}

#[test]
fn only_the_ready_label_matters_and_its_removal_counts_in_any_case() {
    let change = |change, name| label(100, "x", change, name, person());
    let other = by_label(vec![
        added(-60, "E"),
        change(LabelChange::Removed, "bug"),
        change(LabelChange::Added, "Ready-For-Agent"),
    ]);
    assert_eq!(other.revocation, Revocation::None);
    assert_eq!(other.ready_label, ReadyLabel::FromRun);
    let renamed = by_label(vec![
        added(-60, "E"),
        change(LabelChange::Removed, "Ready-For-Agent"),
    ]);
    assert!(renamed.revocation.is_revoked());
}

#[test]
fn every_way_to_be_closed_is_told_apart() {
    let rows = [
        (person(), Closer::Actor, ClosedBy::Person),
        (person(), Closer::Other, ClosedBy::Person),
        (stranger_bot(), Closer::Actor, ClosedBy::Other),
        (stranger_bot(), Closer::Other, ClosedBy::Other),
        (Actor::Gone, Closer::Actor, ClosedBy::Other),
        (agent(), Closer::Actor, ClosedBy::Other),
        (agent(), Closer::Commit(sha('a')), ClosedBy::Run),
        (person(), Closer::Commit(sha('b')), ClosedBy::Person),
        (person(), Closer::Commit(sha('a')), ClosedBy::Run),
        (us(), Closer::Commit(sha('a')), ClosedBy::Run),
        (person(), Closer::Merge(None), ClosedBy::Run),
        (person(), Closer::Merge(Some(sha('a'))), ClosedBy::Run),
        (person(), Closer::Merge(Some(sha('e'))), ClosedBy::Run),
        // Her own work, although the run pushed something, too.
        (person(), Closer::Merge(Some(sha('b'))), ClosedBy::Person),
        (us(), Closer::Merge(Some(sha('b'))), ClosedBy::Us),
        (
            stranger_bot(),
            Closer::Merge(Some(sha('b'))),
            ClosedBy::Other,
        ),
        (us(), Closer::Commit(sha('b')), ClosedBy::Us),
        (us(), Closer::Actor, ClosedBy::Us),
        (us(), Closer::Other, ClosedBy::Us),
    ];
    for (actor, closer, closed_by) in rows {
        let standing = by_state(vec![closed(100, actor.clone(), closer.clone())]);
        assert_eq!(standing.closed, Some(closed_by), "{actor:?} {closer:?}");
        let expected = if closed_by == ClosedBy::Person {
            Revocation::ClosedByPerson {
                actor: actor.clone(),
                at: at(100),
            }
        } else {
            Revocation::None
        };
        assert_eq!(standing.revocation, expected, "{closer:?}");
        // Nor is it borne out later, when the issue was reopened.
        let open_again = by_state(vec![
            closed(100, actor.clone(), closer.clone()),
            reopened(200),
        ]);
        let by_person = closed_by == ClosedBy::Person;
        assert_eq!(open_again.withdrawn_once, by_person, "{actor:?} {closer:?}");
    }
}

#[test]
fn a_commit_that_closed_the_issue_may_still_turn_out_to_be_the_runs() {
    for (age, closed_by) in [
        (0, ClosedBy::UnseenCommit),
        (119, ClosedBy::UnseenCommit),
        (120, ClosedBy::Person),
        (121, ClosedBy::Person),
    ] {
        let closing = closed(NOW - age, person(), Closer::Commit(sha('b')));
        assert_eq!(by_state(vec![closing]).closed, Some(closed_by), "{age}");
    }
}

#[test]
fn closed_and_reopened_is_open() {
    let person_closed = |seconds| closed(seconds, person(), Closer::Actor);
    let open = by_state(vec![person_closed(100), reopened(200)]);
    assert_eq!((open.revocation, open.closed), (Revocation::None, None));
    assert!(
        open.withdrawn_once,
        "it bears out what was recorded meanwhile"
    );
    let before = by_state(vec![person_closed(-100), reopened(-50)]);
    assert!(!before.withdrawn_once);
    let again = by_state(vec![person_closed(100), reopened(200), person_closed(300)]);
    assert!(again.revocation.is_revoked());
    let by_run_first = by_state(vec![
        closed(100, person(), Closer::Commit(sha('a'))),
        reopened(200),
        person_closed(300),
    ]);
    assert_eq!(by_run_first.closed, Some(ClosedBy::Person));
}

/// What bears out an end that was recorded meanwhile, counted from the label, and from the start where the list does not reach back.
#[test]
fn what_was_withdrawn_since_the_label_was_withdrawn_once() {
    for (asked, closed_at, once) in [
        (Some(-60), -91, false),
        (Some(-60), -61, false),
        // At one second it is not known which was first.
        (Some(-60), -60, false),
        (Some(-60), -59, true),
        (Some(-60), -1, true),
        (Some(-60), 0, true),
        (Some(-60), 1, true),
        // The clocks of two services: the start counts, too.
        (Some(60), 0, true),
        (Some(60), 59, true),
        (Some(60), -1, false),
        (None, -1, false),
        (None, 0, true),
        (None, 1, true),
    ] {
        let mut labels = vec![added(-90, "E0")];
        labels.extend(asked.map(|at| added(at, "E")));
        let states = vec![
            closed(closed_at, person(), Closer::Actor),
            reopened(closed_at),
        ];
        let standing = standing(labels, states);
        assert_eq!(standing.withdrawn_once, once, "{asked:?} {closed_at}");
        assert_eq!(standing.revocation, Revocation::None);
    }
    let unlabelled = by_label(vec![added(-60, "E"), removed(100, person())]);
    assert!(unlabelled.withdrawn_once);
}

#[test]
fn our_own_account_asks_for_nothing_even_where_it_is_listed() {
    let own_account = OwnAccount {
        login: "afk-app[bot]".to_owned(),
        id: Some(9),
    };
    let run = RunBinding {
        authorisation: &event_id("E"),
        started_at: at(0),
        ready_label: READY,
        own_account: &own_account,
        agents: &BTreeSet::new(),
        apps: &BTreeSet::from(["afk-app".to_owned()]),
        commits: &[],
        merges: Vec::new(),
        settle: TimeDelta::seconds(120),
    };
    let mut again = added(200, "F");
    again.actor = us();
    let events = IssueEvents {
        labels: vec![added(-60, "E"), again],
        states: Vec::new(),
    };
    let standing = events.standing(&run, at(NOW));
    assert_eq!(standing.ready_label, ReadyLabel::FromRun);
}

#[test]
fn a_person_with_the_name_of_our_app_is_not_us() {
    let namesake = |id| Actor::User {
        login: "afk-app".to_owned(),
        id,
    };
    for id in [None, Some(1)] {
        let standing = by_label(vec![added(-60, "E"), removed(100, namesake(id))]);
        assert!(standing.revocation.is_revoked(), "{id:?}");
    }
    let unnumbered = Actor::Bot {
        slug: "AFK-App".to_owned(),
        id: None,
    };
    let standing = by_label(vec![added(-60, "E"), removed(100, unnumbered)]);
    assert!(!standing.revocation.is_revoked());
}

#[test]
fn people_read_who_did_what() {
    let both = standing(
        vec![added(-60, "E"), removed(100, person())],
        vec![closed(200, person(), Closer::Actor)],
    );
    assert_eq!(
        both.revocation.in_words().as_deref(),
        Some("octocat closed the issue")
    );
    let removed = by_label(vec![added(-60, "E"), removed(100, person())]);
    assert_eq!(
        removed.revocation.in_words().as_deref(),
        Some("octocat removed the ready label")
    );
    for (gone, words) in [
        (Gone::Deleted, "the issue was deleted or made a discussion"),
        (
            Gone::Transferred,
            "the issue was transferred to another repository",
        ),
    ] {
        let revocation = Revocation::IssueGone(gone);
        assert!(revocation.is_revoked());
        assert_eq!(revocation.in_words().as_deref(), Some(words));
    }
}

#[test]
fn who_withdrew_before_it_was_green_is_not_rung_for() {
    let closed = |seconds| Revocation::ClosedByPerson {
        actor: person(),
        at: at(seconds),
    };
    let unlabelled = |seconds| Revocation::ReadyLabelRemoved {
        actor: person(),
        at: at(seconds),
    };
    for (revocation, green_since, silent) in [
        (Revocation::None, Some(at(0)), false),
        (Revocation::None, None, false),
        (Revocation::IssueGone(Gone::Deleted), None, false),
        (closed(99), Some(at(100)), true),
        (closed(100), Some(at(100)), false),
        (closed(100), None, true),
        (unlabelled(99), Some(at(100)), true),
        (unlabelled(101), Some(at(100)), false),
    ] {
        assert_eq!(revocation.silences(green_since), silent, "{revocation:?}");
    }
}

#[test]
fn an_account_with_our_name_and_another_number_is_not_us() {
    let own_account = OwnAccount {
        login: "afk-bot".to_owned(),
        id: Some(9),
    };
    let account = |id| Actor::User {
        login: "afk-bot".to_owned(),
        id,
    };
    for (id, revoked) in [(Some(9), false), (None, false), (Some(77), true)] {
        let run = RunBinding {
            authorisation: &event_id("E"),
            started_at: at(0),
            ready_label: READY,
            own_account: &own_account,
            agents: &BTreeSet::new(),
            apps: &BTreeSet::new(),
            commits: &[],
            merges: Vec::new(),
            settle: TimeDelta::seconds(120),
        };
        let events = IssueEvents {
            labels: vec![added(-60, "E"), removed(100, account(id))],
            states: vec![closed(200, account(id), Closer::Actor)],
        };
        let standing = events.standing(&run, at(NOW));
        assert_eq!(standing.revocation.is_revoked(), revoked, "{id:?}");
    }
}

#[test]
fn what_a_bot_puts_on_asks_for_nothing_unless_it_is_listed() {
    let bot = |slug: &str| Actor::Bot {
        slug: slug.to_owned(),
        id: Some(5),
    };
    let robot = Actor::User {
        login: "Robot".to_owned(),
        id: Some(6),
    };
    let rearmed = || ReadyLabel::Rearmed(event_id("F"));
    for (actor, expected) in [
        (bot("label-sync"), ReadyLabel::FromRun),
        (bot("label-sync[bot]"), ReadyLabel::FromRun),
        (bot("afk-app"), ReadyLabel::FromRun),
        (robot, ReadyLabel::FromRun),
        (bot("Triage-App"), rearmed()),
        (bot("triage-app[bot]"), rearmed()),
        (Actor::Gone, rearmed()),
        (person(), rearmed()),
    ] {
        let mut again = added(200, "F");
        again.actor = actor.clone();
        let labels = vec![
            added(-60, "E"),
            removed(100, bot("label-sync")),
            again.clone(),
        ];
        assert_eq!(by_label(labels).ready_label, expected, "{actor:?}");
        // Without the removal between the two, too.
        let labels = vec![added(-60, "E"), again];
        assert_eq!(by_label(labels).ready_label, expected, "{actor:?}");
    }
    let labels = vec![added(-60, "E"), removed(100, bot("label-sync"))];
    assert_eq!(by_label(labels).ready_label, ReadyLabel::Off);
}
