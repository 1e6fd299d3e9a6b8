//! The trust gate and readiness against a second implementation, over generated facts.
//!
//! The second one is written from the clauses of the specification alone, as plainly as possible and without
//! the first one's parts. Texts come from a small pool that says for each text what a page shows of it, so that
//! reading Markdown is not done twice. Every run generates the same facts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use afk::domain::config::{Labels, TrustConfig};
use afk::domain::identity::Authorisation;
use afk::domain::issue::{
    Actor, Assignment, Blocker, BlockerState, BodyEdits, Comment, Edit, IssueFacts, IssueState,
    LabelChange, LabelEvent, OwnAccount, Parent, ParentIssue, Permission, PermissionFact,
    Permissions, RepositoryFacts, Rival, StateChange, StateEvent, ViaApp, Visibility,
};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::{ForgeKind, IssueNumber, RepoRef};
use afk::domain::start::eligibility::{
    judge, people_to_ask, refused_without_people, writers_to_ask,
};
use afk::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

const CASES: u32 = 12_000;

/// Seconds of quiet before a labelling, and its least age.
const QUIET: i64 = 2;
const SETTLE: i64 = 3;

/// A text and what a page shows of it.
#[derive(Clone, Copy, Debug)]
struct Sample {
    source: &'static str,
    shown: &'static str,
    /// Parts that the page hides.
    hidden_parts: usize,
    /// Whether the page shows a part of it in another form.
    unseen: bool,
    /// Whether it has characters that nobody sees.
    hidden_characters: bool,
    /// Whether it names a blocker that can not be looked up.
    odd_blocker: bool,
    /// Fence that its shown part needs.
    fence: &'static str,
}

const fn sample(source: &'static str, shown: &'static str, fence: &'static str) -> Sample {
    Sample {
        source,
        shown,
        hidden_parts: 0,
        unseen: false,
        hidden_characters: false,
        odd_blocker: false,
        fence,
    }
}

const SAMPLES: [Sample; 11] = [
    sample("It breaks.", "It breaks.", "```"),
    sample("", "", "```"),
    sample(
        "Run `x`\r\n```\nboom\n```",
        "Run `x`\n```\nboom\n```",
        "````",
    ),
    sample(
        "👨\u{200D}👩 می\u{200C}خواهم `<!-- kept -->`",
        "👨\u{200D}👩 می\u{200C}خواهم `<!-- kept -->`",
        "```",
    ),
    Sample {
        hidden_parts: 1,
        ..sample("Do it.\n\n<!-- and more -->", "Do it.", "```")
    },
    Sample {
        hidden_parts: 2,
        ..sample("Do<!-- a --> it<!-- b -->.", "Do it.", "```")
    },
    Sample {
        unseen: true,
        ..sample("Do $x$", "Do $x$", "```")
    },
    sample("\u{FEFF}Do\u{200B} it", "Do it", "```"),
    Sample {
        hidden_characters: true,
        ..sample("Do\u{202E} it", "Do\u{202E} it", "```")
    },
    Sample {
        hidden_parts: 1,
        hidden_characters: true,
        ..sample("\u{E0041}<!-- -->x", "\u{E0041}x", "```")
    },
    Sample {
        odd_blocker: true,
        ..sample("Blocked by #0", "Blocked by #0", "```")
    },
];

const TITLES: [Sample; 4] = [
    sample("Fix the widget", "Fix the widget", "```"),
    sample("``` <!-- shown -->", "``` <!-- shown -->", "````"),
    Sample {
        hidden_characters: true,
        ..sample("Fix\u{202D}", "Fix\u{202D}", "```")
    },
    sample("Fix\u{200B}", "Fix", "```"),
];

#[derive(Clone, Debug)]
struct Case {
    repository: RepositoryFacts,
    issue: IssueFacts,
    title: Sample,
    body: Sample,
    comments: Vec<Sample>,
    permissions: Vec<(String, PermissionFact)>,
    own_account: OwnAccount,
    /// Logins that the operator vouches for.
    vouched: Vec<&'static str>,
    public_allowed: bool,
    lock_brakes: bool,
    text_budget: usize,
    now: i64,
    /// Title and body of the parent.
    parent: (Sample, Sample),
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// One of `bad`, once in `odds`; else `good`.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    odds: u32,
    good: T,
    bad: Vec<T>,
) -> BoxedStrategy<T> {
    prop_oneof![odds - 1 => Just(good), 1 => prop::sample::select(bad)].boxed()
}

fn person(login: &str, id: u64) -> Actor {
    Actor::User {
        login: login.to_owned(),
        id: Some(id),
    }
}

fn strange_actors() -> Vec<Actor> {
    vec![
        person("tim", 20),
        person("rex", 30),
        person("uwe", 40),
        person("amy", 60),
        person("Robo", 70),
        person("zoe", 50),
        person("ada", 11),
        person("afk-runner", 7),
        person("renamed", 99),
        Actor::User {
            login: "ada".to_owned(),
            id: None,
        },
        Actor::Bot {
            slug: "triage-app".to_owned(),
            id: None,
        },
        Actor::Bot {
            slug: "robo".to_owned(),
            id: Some(71),
        },
        Actor::Bot {
            slug: "other-app".to_owned(),
            id: Some(9),
        },
        Actor::Bot {
            slug: "afk-runner".to_owned(),
            id: None,
        },
        Actor::Other {
            kind: "Mannequin".to_owned(),
            login: "ada".to_owned(),
        },
        Actor::Gone,
    ]
}

fn actor(odds: u32) -> BoxedStrategy<Actor> {
    prop_oneof![
        odds => prop::sample::select(vec![person("ada", 1), person("Grace", 2)]),
        1 => prop::sample::select(strange_actors()),
    ]
    .boxed()
}

fn label_event() -> impl Strategy<Value = LabelEvent> {
    (
        mostly(6, "LE_1", vec!["LE_2"]),
        -2..3_i64,
        mostly(4, LabelChange::Added, vec![LabelChange::Removed]),
        mostly(
            3,
            "ready-for-agent",
            vec![
                "Ready-for-agent",
                "bug",
                "ready-for-\u{430}gent",
                "Ready-For-Human",
                "ready-for-human",
                "agent-in-progress",
            ],
        ),
        actor(6),
        mostly(
            8,
            ViaApp::No,
            vec![
                ViaApp::App("triage-app".to_owned()),
                ViaApp::App("other-app".to_owned()),
                ViaApp::App("afk-runner".to_owned()),
                ViaApp::App("robo".to_owned()),
                ViaApp::Unknown,
            ],
        ),
    )
        .prop_map(|(id, seconds, change, label, actor, via_app)| LabelEvent {
            id: Authorisation::new(id).unwrap(),
            at: moment(seconds),
            change,
            label: label.to_owned(),
            actor,
            via_app,
        })
}

fn edit() -> impl Strategy<Value = Edit> {
    (-3..4_i64, actor(3)).prop_map(|(seconds, editor)| Edit {
        at: moment(seconds),
        editor,
    })
}

fn body_edits() -> impl Strategy<Value = BodyEdits> {
    let edited = (
        -3..4_i64,
        prop::collection::vec(edit(), 0..3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(seconds, listed, complete, consistent)| {
            let newest = listed.iter().map(|edit| edit.at).max();
            let last_at = newest.filter(|_| consistent).unwrap_or(moment(seconds));
            BodyEdits::Edited {
                last_at,
                listed,
                complete,
            }
        });
    prop_oneof![
        6 => Just(BodyEdits::Never),
        3 => edited,
        2 => any::<(bool, bool)>().prop_map(|(others_may_edit, quiet)| BodyEdits::Hidden {
            others_may_edit,
            quiet_since_authorisation: quiet,
        }),
    ]
}

fn comment() -> impl Strategy<Value = (Comment, Sample)> {
    let edited = prop::option::weighted(0.3, edit());
    let before = prop::option::weighted(0.9, prop::collection::vec(actor(2), 0..2));
    (
        actor(2),
        -3..2_i64,
        (edited, before),
        prop::sample::select(SAMPLES.to_vec()),
        mostly(6, false, vec![true]),
    )
        .prop_map(|(author, seconds, (last_edit, before), body, minimised)| {
            // Who was never edited has no earlier editors.
            let earlier_editors = match &last_edit {
                None => Some(Vec::new()),
                Some(_) => before,
            };
            let comment = Comment {
                author,
                created_at: moment(seconds),
                last_edit,
                earlier_editors,
                minimised,
                by_mail: false,
                body: body.source.to_owned(),
            };
            (comment, body)
        })
}

fn blockers() -> impl Strategy<Value = Vec<Blocker>> {
    let states = vec![
        BlockerState::Open,
        BlockerState::Unresolved("gone".to_owned()),
    ];
    let blocker = mostly(6, BlockerState::Closed, states).prop_map(|state| Blocker {
        name: "octo-org/widgets#41".to_owned(),
        state,
    });
    prop::collection::vec(blocker, 0..3)
}

fn state_events() -> impl Strategy<Value = Vec<StateEvent>> {
    let event = (-2..4_i64, any::<bool>(), actor(2)).prop_map(|(seconds, closes, actor)| {
        let change = if closes {
            StateChange::Closed
        } else {
            StateChange::Reopened
        };
        let at = moment(seconds);
        StateEvent { at, change, actor }
    });
    prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::vec(event, 1..4),
    ]
}

fn assignees() -> impl Strategy<Value = Vec<Assignment>> {
    let assignment =
        (actor(2), prop::option::weighted(0.8, -3..3_i64)).prop_map(|(assignee, since)| {
            Assignment {
                assignee,
                since: since.map(moment),
            }
        });
    prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::vec(assignment, 1..3),
    ]
}

fn rivals() -> impl Strategy<Value = Vec<Rival>> {
    let rival = actor(1).prop_map(|author| Rival {
        name: "octo-org/widgets#90".to_owned(),
        author,
    });
    prop_oneof![
        5 => Just(Vec::new()),
        1 => prop::collection::vec(rival, 1..3),
    ]
}

fn parent() -> impl Strategy<Value = (Parent, (Sample, Sample))> {
    let read = (
        actor(4),
        prop::collection::vec(actor(4), 0..2),
        mostly(8, true, vec![false]),
        mostly(
            6,
            Some("octo-org/widgets"),
            vec![Some("Octo-Org/Gadgets"), Some("octo-org/secret"), None],
        ),
        prop::sample::select(TITLES.to_vec()),
        prop::sample::select(SAMPLES.to_vec()),
    )
        .prop_map(|(author, editors, editors_complete, repo, title, body)| {
            let parent = ParentIssue {
                name: "octo-org/widgets#5".to_owned(),
                repo: repo.map(|repo| RepoRef::parse(repo, ForgeKind::GitHub).unwrap()),
                title: title.source.to_owned(),
                body: body.source.to_owned(),
                author,
                editors,
                editors_complete,
            };
            (Parent::Read(Box::new(parent)), (title, body))
        });
    let nothing = (TITLES[0], SAMPLES[0]);
    let unreadable = Parent::Unreadable {
        name: "octo-org/widgets#5".to_owned(),
        why: "gone".to_owned(),
    };
    prop_oneof![
        5 => Just((Parent::None, nothing)),
        1 => Just((unreadable, nothing)),
        2 => read,
    ]
}

fn permissions() -> impl Strategy<Value = Vec<(String, PermissionFact)>> {
    let known = |id, permission| PermissionFact::Known { id, permission };
    let ada = vec![
        known(1, Permission::Triage),
        known(1, Permission::None),
        known(12, Permission::Admin),
        PermissionFact::Unknown("refused".to_owned()),
        PermissionFact::Mistaken("nobody".to_owned()),
        PermissionFact::Ambiguous {
            id: 1,
            why: "a team".to_owned(),
        },
    ];
    let grace = vec![known(2, Permission::Read), known(2, Permission::Maintain)];
    (
        mostly(8, known(1, Permission::Admin), ada),
        mostly(8, known(2, Permission::Write), grace),
    )
        .prop_map(move |(ada, grace)| {
            vec![
                ("ada".to_owned(), ada),
                ("grace".to_owned(), grace),
                ("tim".to_owned(), known(20, Permission::Triage)),
                ("rex".to_owned(), known(30, Permission::Read)),
                (
                    "uwe".to_owned(),
                    PermissionFact::Unknown("unreachable".to_owned()),
                ),
                (
                    "amy".to_owned(),
                    PermissionFact::Ambiguous {
                        id: 60,
                        why: "a team".to_owned(),
                    },
                ),
                ("robo".to_owned(), known(70, Permission::Write)),
                ("afk-runner".to_owned(), known(7, Permission::Admin)),
                ("renamed".to_owned(), known(99, Permission::Admin)),
            ]
        })
}

fn case() -> impl Strategy<Value = Case> {
    let labels = mostly(
        10,
        vec!["bug", "ready-for-agent"],
        vec![
            vec![],
            vec!["Ready-for-agent"],
            vec!["ready-for-agent", "Ready-For-Human"],
            vec!["ready-for-agent", "Needs-Info"],
            vec!["ready-for-agent", "Agent-In-Progress", "wontfix"],
            vec!["ready-for-human"],
        ],
    );
    let place = (
        mostly(
            12,
            IssueState::Open,
            vec![IssueState::Closed, IssueState::Unknown("locked".to_owned())],
        ),
        mostly(15, false, vec![true]),
        mostly(15, false, vec![true]),
        mostly(
            8,
            Visibility::Private,
            vec![
                Visibility::Public,
                Visibility::Internal,
                Visibility::Unknown,
            ],
        ),
        any::<bool>(),
        prop::collection::vec(-3..3_i64, 0..2),
        mostly(
            12,
            vec![],
            vec![vec!["a".to_owned()], vec!["a".to_owned(), "b".to_owned()]],
        ),
    );
    let counts = mostly(
        12,
        (Some(0), 0),
        vec![(None, 0), (Some(1), 1), (Some(2), 1), (Some(1), 0)],
    );
    let people = (
        permissions(),
        actor(2),
        mostly(
            4,
            ("afk-runner", Some(99)),
            vec![
                ("afk-runner[bot]", None),
                ("triage-app[bot]", Some(99)),
                ("nobody", None),
            ],
        ),
    );
    let texts = (
        prop_oneof![5 => Just(TITLES[0]), 1 => prop::sample::select(TITLES.to_vec())],
        prop_oneof![3 => Just(SAMPLES[0]), 2 => prop::sample::select(SAMPLES.to_vec())],
        prop::collection::vec(comment(), 0..3),
        mostly(8, 120_000_usize, vec![0, 75, 85, 95, 150, 200, 300]),
        parent(),
    );
    let history = (
        prop_oneof![1 => Just(0_usize), 12 => Just(1), 3 => Just(2), 2 => Just(3)]
            .prop_flat_map(|count| prop::collection::vec(label_event(), count)),
        prop_oneof![3 => prop::collection::vec(edit(), 0..1), 1 => prop::collection::vec(edit(), 0..3)],
        body_edits(),
        blockers(),
        state_events(),
        -4..1_i64,
    );
    let work = (
        assignees(),
        mostly(12, Some(0), vec![None, Some(1), Some(3)]),
        rivals(),
        mostly(8, 1_000, vec![-1, 0, 1, 2, 3, 4, 5]),
        mostly(
            3,
            vec![],
            vec![vec!["uwe"], vec!["amy"], vec!["ada"], vec!["tim", "robo"]],
        ),
        mostly(3, true, vec![false]),
    );
    (labels, place, counts, people, texts, history, work).prop_map(
        |(labels, place, counts, people, texts, history, work)| {
            let (title, body, comments, text_budget, (parent, parent_samples)) = texts;
            let (state, is_pull_request, archived, visibility, public_allowed, transfers, gaps) =
                place;
            let (permissions, author, (own_login, own_id)) = people;
            let (label_events, renames, body_edits, blockers, state_events, created) = history;
            let (assignees, open_sub_issues, rivals, now, vouched, lock_brakes) = work;
            let (comments, samples) = comments.into_iter().unzip();
            Case {
                repository: RepositoryFacts {
                    archived,
                    unworkable: None,
                    visibility,
                },
                issue: IssueFacts {
                    number: IssueNumber(87),
                    url: "https://github.com/octo-org/widgets/issues/87".to_owned(),
                    title: title.source.to_owned(),
                    body: body.source.to_owned(),
                    author,
                    created_at: moment(created),
                    state,
                    state_events,
                    is_pull_request,
                    labels: labels.into_iter().map(str::to_owned).collect(),
                    label_events,
                    renames,
                    transfers: transfers.into_iter().map(moment).collect(),
                    body_edits,
                    comments,
                    blockers,
                    open_native_blockers: counts.0,
                    listed_open_native_blockers: counts.1,
                    assignees,
                    open_sub_issues,
                    rivals,
                    parent,
                    gaps,
                },
                title,
                body,
                comments: samples,
                permissions,
                own_account: OwnAccount {
                    login: own_login.to_owned(),
                    id: own_id,
                },
                vouched,
                public_allowed,
                lock_brakes,
                text_budget,
                now,
                parent: parent_samples,
            }
        },
    )
}

/// Stands where the second implementation says that the parent is left out and does not say why.
const ANY_REASON: &str = "\u{0}";

/// What the second implementation says: the words of all reasons, and the text if there are none.
#[derive(Debug, PartialEq)]
struct Opinion {
    words: BTreeSet<&'static str>,
    text: String,
    removed: usize,
    left_out: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Trust {
    Yes,
    No,
    /// Not known, with the word for it.
    Unsure(&'static str),
}

/// Logins that agents use.
fn is_robo(actor: &Actor) -> bool {
    match actor {
        Actor::User { login, .. } | Actor::Other { login, .. } => login.to_lowercase() == "robo",
        Actor::Bot { slug, .. } => slug == "robo",
        Actor::Gone => false,
    }
}

fn is_us(actor: &Actor, own: &OwnAccount) -> bool {
    let same_id = |id: &Option<u64>| matches!((id, own.id), (Some(a), Some(b)) if *a == b);
    let login = own.login.to_lowercase();
    match actor {
        Actor::User { login: theirs, id } => same_id(id) || theirs.to_lowercase() == login,
        Actor::Bot { slug, id } => same_id(id) || slug == &login || format!("{slug}[bot]") == login,
        Actor::Other { login: theirs, .. } => theirs.to_lowercase() == login,
        Actor::Gone => false,
    }
}

fn rights(case: &Case, login: &str, id: u64) -> Trust {
    let wanted = login.to_lowercase();
    let vouched = case.vouched.contains(&wanted.as_str());
    let unknown = Trust::Unsure("permission-unknown");
    match case.permissions.iter().find(|(login, _)| *login == wanted) {
        None | Some((_, PermissionFact::Mistaken(_))) => unknown,
        Some((_, PermissionFact::Unknown(_))) if vouched => Trust::Yes,
        Some((_, PermissionFact::Unknown(_))) => unknown,
        Some((_, PermissionFact::Ambiguous { id: now, .. })) if *now != id => unknown,
        Some((_, PermissionFact::Ambiguous { .. })) if vouched => Trust::Yes,
        Some((_, PermissionFact::Ambiguous { .. })) => Trust::Unsure("permission-ambiguous"),
        Some((_, PermissionFact::Known { id: now, .. })) if *now != id => unknown,
        Some((_, PermissionFact::Known { permission, .. })) => match permission {
            Permission::Write | Permission::Maintain | Permission::Admin => Trust::Yes,
            Permission::None | Permission::Read | Permission::Triage => Trust::No,
        },
    }
}

fn writer(case: &Case, actor: &Actor) -> Trust {
    if is_us(actor, &case.own_account) || is_robo(actor) {
        return Trust::No;
    }
    match actor {
        Actor::User {
            login,
            id: Some(id),
        } => rights(case, login, *id),
        Actor::User { id: None, .. } | Actor::Bot { .. } | Actor::Other { .. } | Actor::Gone => {
            Trust::No
        }
    }
}

fn second_opinion(case: &Case) -> Opinion {
    let issue = &case.issue;
    let mut words = BTreeSet::new();
    // 1. The newest event for exactly the ready label is "labelled", has id E, and the label is shown.
    let mut newest = None;
    for event in &issue.label_events {
        if event.label == "ready-for-agent" {
            newest = Some(event);
        }
    }
    let mut e = None;
    match newest {
        None => {
            words.insert("no-label-event");
        }
        Some(event) if event.change == LabelChange::Removed || event.id.as_str() != "LE_1" => {
            words.insert("label-removed");
        }
        Some(event) => {
            e = Some(event);
            if !issue.labels.contains(&"ready-for-agent".to_owned()) {
                words.insert("label-removed");
            }
        }
    }
    // 2. Its actor is a person or a listed App. 3. Who may push.
    if let Some(event) = e {
        let our_app = match &event.via_app {
            ViaApp::App(slug) => {
                case.own_account.login == *slug || case.own_account.login == format!("{slug}[bot]")
            }
            ViaApp::No | ViaApp::Unknown => false,
        };
        // Whichever App had a hand in it has to be listed.
        let mut apps: Vec<&str> = Vec::new();
        if let Actor::Bot { slug, .. } = &event.actor {
            apps.push(slug);
        }
        if let (Actor::Bot { .. } | Actor::User { .. }, ViaApp::App(slug)) =
            (&event.actor, &event.via_app)
        {
            apps.push(slug);
        }
        let is_person = matches!(event.actor, Actor::User { .. });
        let via_robo = matches!(&event.via_app, ViaApp::App(slug) if slug == "robo");
        if is_us(&event.actor, &case.own_account) || our_app {
            words.insert("label-by-self");
        } else if is_robo(&event.actor) || via_robo {
            words.insert("label-by-agent");
        } else if apps.iter().any(|slug| *slug != "triage-app") {
            words.insert("label-by-app");
        } else if matches!(event.actor, Actor::Bot { .. }) {
            // A listed App that acts itself.
        } else if is_person {
            if event.via_app == ViaApp::Unknown {
                words.insert("facts-incomplete");
            }
            match &event.actor {
                Actor::User {
                    login,
                    id: Some(id),
                } => match rights(case, login, *id) {
                    Trust::Yes => {}
                    Trust::No => drop(words.insert("permission-too-low")),
                    Trust::Unsure(word) => drop(words.insert(word)),
                },
                Actor::User { id: None, .. }
                | Actor::Bot { .. }
                | Actor::Other { .. }
                | Actor::Gone => {
                    words.insert("label-actor-unknown");
                }
            }
        } else {
            words.insert("label-actor-unknown");
        }
    }
    // 1. Since E nobody closed it or handed it back; 4. what the events say last counts as shown.
    let shows = |wanted: &str| {
        let mut labels = issue.labels.iter();
        labels.any(|label| label.to_lowercase() == wanted)
    };
    let mut events_say_closed = false;
    let mut was_closed = false;
    if let Some(e) = e {
        for second in -3..10 {
            for event in &issue.state_events {
                if event.at == moment(second) && event.at >= e.at {
                    events_say_closed = event.change == StateChange::Closed;
                    was_closed |= events_say_closed;
                }
            }
        }
        for (label, still, undone) in [
            ("ready-for-human", "handed-back", "voided"),
            ("agent-in-progress", "lock-label", ""),
        ] {
            let mut last = None;
            let mut was_added = false;
            for event in &issue.label_events {
                if event.at >= e.at && event.label.to_lowercase() == label {
                    last = Some(event.change);
                    was_added |= event.change == LabelChange::Added;
                }
            }
            let brakes = label != "agent-in-progress" || case.lock_brakes;
            if shows(label) || last == Some(LabelChange::Added) {
                if brakes {
                    words.insert(still);
                }
            } else if was_added && !undone.is_empty() {
                words.insert(undone);
            }
        }
        if was_closed && !events_say_closed && issue.state != IssueState::Closed {
            words.insert("voided");
        }
    }
    if case.lock_brakes && shows("agent-in-progress") {
        words.insert("lock-label");
    }
    // 4. Not transferred after E; open; no pull request; not archived; not handed back.
    if e.is_some_and(|e| issue.transfers.iter().any(|moved| *moved >= e.at)) {
        words.insert("transferred");
    }
    if issue.state == IssueState::Closed || events_say_closed || issue.is_pull_request {
        words.insert("not-open");
    }
    if matches!(issue.state, IssueState::Unknown(_)) && !events_say_closed {
        words.insert("facts-incomplete");
    }
    if case.repository.archived {
        words.insert("archived");
    }
    if issue
        .labels
        .iter()
        .any(|label| label.to_lowercase() == "ready-for-human")
    {
        words.insert("handed-back");
    }
    // 5. Everybody who changed, or may have changed, the text at or after E is trusted.
    if let Some(e) = e {
        let begin = e.at - TimeDelta::seconds(QUIET);
        let mut changers: Vec<(&Actor, &'static str)> = Vec::new();
        for rename in &issue.renames {
            if rename.at >= e.at {
                changers.push((&rename.editor, "edited-since"));
            } else if rename.at >= begin {
                changers.push((&rename.editor, "edited-before"));
            }
        }
        if let BodyEdits::Hidden {
            others_may_edit,
            quiet_since_authorisation,
        } = issue.body_edits
        {
            changers.push((&issue.author, "edit-history-hidden"));
            if others_may_edit && !quiet_since_authorisation {
                words.insert("edit-history-hidden");
            }
        }
        if let BodyEdits::Edited {
            last_at,
            listed,
            complete,
        } = &issue.body_edits
        {
            // The text as it was written is the oldest entry of a history, and no change before E.
            let oldest = listed.iter().map(|edit| edit.at).min();
            let written = listed
                .iter()
                .position(|edit| Some(edit.at) == oldest)
                .filter(|index| {
                    listed[*index].editor == issue.author && listed[*index].at <= issue.created_at
                });
            for (index, edit) in listed.iter().enumerate() {
                if edit.at >= e.at {
                    changers.push((&edit.editor, "edited-since"));
                } else if edit.at >= begin && Some(index) != written {
                    changers.push((&edit.editor, "edited-before"));
                }
            }
            let newest_is_listed = listed.iter().any(|edit| edit.at >= *last_at);
            let lists_back_to = |start| *complete || listed.iter().any(|edit| edit.at < start);
            if *last_at >= e.at && (!newest_is_listed || !lists_back_to(e.at)) {
                words.insert("edited-since");
            } else if *last_at >= begin && (!newest_is_listed || !lists_back_to(begin)) {
                words.insert("edited-before");
            }
        }
        for (changer, word) in changers {
            match writer(case, changer) {
                Trust::Yes => {}
                Trust::No => drop(words.insert(word)),
                Trust::Unsure(word) => drop(words.insert(word)),
            }
        }
    }
    // 6. Private or allowed.
    if case.repository.visibility != Visibility::Private && !case.public_allowed {
        words.insert("public-repository");
    }
    // 7. The agent reads what the labeller saw.
    if case.title.hidden_characters || case.body.hidden_characters {
        words.insert("hidden-text");
    }
    if case.body.unseen {
        let mut hands = vec![&issue.author];
        hands.extend(issue.renames.iter().map(|rename| &rename.editor));
        if let BodyEdits::Edited {
            listed, complete, ..
        } = &issue.body_edits
        {
            hands.extend(listed.iter().map(|edit| &edit.editor));
            if !complete {
                words.insert("hidden-text");
            }
        }
        for hand in hands {
            match writer(case, hand) {
                Trust::Yes => {}
                Trust::No => drop(words.insert("hidden-text")),
                Trust::Unsure(word) => drop(words.insert(word)),
            }
        }
    }
    let name = |actor: &Actor| match actor {
        Actor::User { login, .. } | Actor::Other { login, .. } => login.clone(),
        Actor::Bot { slug, .. } => slug.clone(),
        Actor::Gone => "a deleted account".to_owned(),
    };
    let fenced = |sample: &Sample| {
        let line_end = if sample.shown.is_empty() { "" } else { "\n" };
        format!(
            "{}\n{}{line_end}{}\n",
            sample.fence, sample.shown, sample.fence
        )
    };
    let mut text = format!("Title:\n\n{}", fenced(&case.title));
    text += &format!(
        "\nBody, written by {}:\n\n{}",
        name(&issue.author),
        fenced(&case.body)
    );
    let mut removed = case.body.hidden_parts;
    let mut admitted = 0;
    let mut not_told = String::new();
    for (comment, sample) in issue.comments.iter().zip(&case.comments) {
        let mut edited_well = match &comment.last_edit {
            None => true,
            Some(edit) => writer(case, &edit.editor) == Trust::Yes,
        };
        match &comment.earlier_editors {
            None => edited_well = false,
            Some(editors) => {
                for editor in editors {
                    if writer(case, editor) != Trust::Yes {
                        edited_well = false;
                    }
                }
            }
        }
        if edited_well
            && !comment.minimised
            && writer(case, &comment.author) == Trust::Yes
            && !sample.hidden_characters
        {
            admitted += 1;
            removed += sample.hidden_parts;
            let time = comment.created_at.format("%Y-%m-%dT%H:%M:%SZ");
            text += &format!(
                "\nComment {admitted}, written by {} at {time}:\n\n",
                name(&comment.author)
            );
            text += &fenced(sample);
        } else if !comment.minimised && writer(case, &comment.author) == Trust::Yes {
            // Somebody trusted wrote it: the agent is told that it misses something, and why.
            let last = comment.last_edit.iter().map(|edit| &edit.editor);
            let mut editors = last.chain(comment.earlier_editors.iter().flatten());
            let why = if editors.any(|editor| writer(case, editor) != Trust::Yes) {
                "somebody who is not trusted edited it"
            } else if comment.earlier_editors.is_none() {
                "not everybody who edited it is known"
            } else {
                "it holds hidden characters"
            };
            not_told += &format!(
                "\nContext: a comment by {} at {} was left out: {why}.\n",
                name(&comment.author),
                comment.created_at.format("%Y-%m-%dT%H:%M:%SZ")
            );
        }
    }
    text += &not_told;
    let length = |text: &str| -> usize { text.chars().map(char::len_utf16).sum() };
    // The parent, or why it is left out; also when it alone does not fit.
    let left_out = |why: &str| {
        let name = match why {
            "its repository is not enrolled" => "",
            _ => " octo-org/widgets#5",
        };
        format!("\nContext: the parent issue{name} was left out: {why}.\n")
    };
    match &issue.parent {
        Parent::None => {}
        Parent::Unreadable { .. } => text += &left_out("it could not be read"),
        Parent::Read(parent) => {
            let name_of = |actor: &Actor| name(actor);
            let trusted = |actor: &Actor| writer(case, actor) == Trust::Yes;
            let repo = parent
                .repo
                .as_ref()
                .map(|repo| repo.full_name().to_lowercase());
            let enrolled = ["octo-org/widgets", "octo-org/gadgets"];
            let whole = format!(
                "\nContext: the parent issue octo-org/widgets#5, of which this task is a part. Only the task is yours. Its title:\n\n{}\nIts body, written by {}:\n\n{}",
                fenced(&case.parent.0),
                name_of(&parent.author),
                fenced(&case.parent.1),
            );
            let why = if !repo.is_some_and(|repo| enrolled.contains(&repo.as_str())) {
                Some("its repository is not enrolled")
            } else if !parent.editors_complete {
                Some("not everybody who edited it can be listed")
            } else if !trusted(&parent.author) || !parent.editors.iter().all(trusted) {
                // The exact words about people are tested elsewhere.
                Some("")
            } else if case.parent.0.hidden_characters || case.parent.1.hidden_characters {
                Some("")
            } else if length(&text) + length(&whole) > case.text_budget {
                Some("it does not fit beside the issue")
            } else {
                None
            };
            match why {
                None => {
                    removed += case.parent.0.hidden_parts + case.parent.1.hidden_parts;
                    text += &whole;
                }
                Some("") => text += ANY_REASON,
                Some(why) => text += &left_out(why),
            }
        }
    }
    if length(&text) > case.text_budget {
        words.insert("too-long");
    }
    // 8. Every blocker is closed.
    for blocker in &issue.blockers {
        match blocker.state {
            BlockerState::Closed => {}
            BlockerState::Open => drop(words.insert("blocked")),
            BlockerState::Unresolved(_) => drop(words.insert("blocker-unresolved")),
        }
    }
    if issue.open_native_blockers.unwrap_or(0) > issue.listed_open_native_blockers {
        words.insert("blocked");
    }
    if case.body.odd_blocker {
        words.insert("blocker-unresolved");
    }
    // A partial answer refuses.
    if !issue.gaps.is_empty() {
        words.insert("facts-incomplete");
    }
    // 9. Old enough. 10. No label holds.
    if e.is_some_and(|e| moment(case.now) - e.at < TimeDelta::seconds(SETTLE)) {
        words.insert("settling");
    }
    for hold in ["needs-info", "wontfix"] {
        let of_it = |event: &&LabelEvent| event.label.to_lowercase() == hold;
        let since = |event: &&LabelEvent| e.is_some_and(|e| event.at >= e.at);
        let mut newest_first = issue.label_events.iter().rev();
        let last = newest_first.find(|event| of_it(event) && since(event));
        if shows(hold) || last.is_some_and(|event| event.change == LabelChange::Added) {
            words.insert("on-hold");
        }
    }
    // 11. Nobody took it. 12. No open sub-issue.
    if let Some(e) = e {
        for assignment in &issue.assignees {
            if is_us(&assignment.assignee, &case.own_account) {
                continue;
            }
            match assignment.since {
                None => drop(words.insert("facts-incomplete")),
                Some(since) if since >= e.at => drop(words.insert("assigned-since")),
                Some(_) => {}
            }
        }
    }
    if issue.open_sub_issues.unwrap_or(0) > 0 {
        words.insert("has-sub-issues");
    }
    // 13. No pull request by somebody who may push; in a private repository by nobody.
    for rival in &issue.rivals {
        let author = &rival.author;
        let word = if case.repository.visibility == Visibility::Private
            || is_us(author, &case.own_account)
            || is_robo(author)
        {
            Some("pull-request-open")
        } else {
            match author {
                Actor::Bot { .. } => Some("pull-request-open"),
                Actor::Other { .. } | Actor::Gone => None,
                Actor::User { id: None, .. } => Some("facts-incomplete"),
                Actor::User {
                    login,
                    id: Some(id),
                } => match rights(case, login, *id) {
                    Trust::Yes => Some("pull-request-open"),
                    Trust::No => None,
                    Trust::Unsure(_) => Some("facts-incomplete"),
                },
            }
        };
        words.extend(word);
    }
    Opinion {
        words,
        text,
        removed,
        left_out: issue.comments.len() - admitted,
    }
}

fn permissions_of(case: &Case, asked: impl Fn(&str) -> bool) -> Permissions {
    let mut permissions = Permissions::default();
    for (login, fact) in case.permissions.iter().filter(|(login, _)| asked(login)) {
        permissions.insert(login, fact.clone());
    }
    permissions
}

/// The codes that the gate and readiness can give: the ones up to `pull-request-open`, and the lock label.
fn codes_of_the_gate() -> impl Iterator<Item = &'static str> {
    let last = ReasonCode::ALL
        .iter()
        .position(|code| *code == ReasonCode::PullRequestOpen)
        .unwrap();
    let codes = ReasonCode::ALL[..=last].iter().map(|code| code.as_str());
    codes.chain([ReasonCode::LockLabel.as_str()])
}

#[test]
fn two_implementations_agree() {
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(87),
        failure_persistence: None,
        ..Config::default()
    });
    // How often each word was given, and how often it was the only one; "trusted" for none.
    let seen: RefCell<BTreeMap<&str, (u32, u32)>> = RefCell::default();
    let labels = Labels {
        ready: "ready-for-agent".to_owned(),
        in_progress: "agent-in-progress".to_owned(),
        ready_for_human: "ready-for-human".to_owned(),
        hold: ["needs-info", "wontfix"].map(str::to_owned).into(),
    };
    let enrolled = ["octo-org/widgets", "octo-org/gadgets"]
        .map(|repo| RepoRef::parse(repo, ForgeKind::GitHub).unwrap());
    let authorisation = Authorisation::new("LE_1").unwrap();
    let agreed = runner.run(&case(), |case| {
        let vouched = case.vouched.iter();
        let trust = TrustConfig {
            allow_public: BTreeSet::new(),
            trusted_apps: BTreeSet::from(["triage-app".to_owned()]),
            trusted_people: vouched
                .map(|login| (ForgeKind::GitHub, (*login).to_owned()))
                .collect(),
            agent_accounts: BTreeSet::from(["robo".to_owned()]),
        };
        let rules = GateRules {
            labels: &labels,
            trust: &trust,
            forge: ForgeKind::GitHub,
            public_allowed: case.public_allowed,
            quiet: TimeDelta::seconds(QUIET),
            settle: TimeDelta::seconds(SETTLE),
            own_account: &case.own_account,
            lock_brakes: case.lock_brakes,
            enrolled: &enrolled,
            text_budget: case.text_budget,
            now: moment(case.now),
        };
        let permissions = permissions_of(&case, |_| true);
        let facts = GateFacts {
            repository: &case.repository,
            issue: &case.issue,
            permissions: &permissions,
            authorisation: &authorisation,
        };
        let verdict = judge(&facts, &rules);
        let opinion = second_opinion(&case);
        let mut words: BTreeSet<&str> = BTreeSet::new();
        match &verdict {
            GateVerdict::Trusted(text) => {
                match opinion.text.strip_suffix(ANY_REASON) {
                    None => prop_assert_eq!(text.as_str(), &opinion.text),
                    Some(before) => {
                        let line = text.as_str().strip_prefix(before).unwrap_or_default();
                        prop_assert!(line.contains(" was left out: ") && line.lines().count() == 2);
                    }
                }
                prop_assert_eq!(text.removed_hidden(), opinion.removed);
                prop_assert_eq!(text.comments_left_out(), opinion.left_out);
            }
            GateVerdict::Refused(refusal) => {
                prop_assert!(!refusal.reasons().is_empty());
                words.extend(refusal.reasons().iter().map(|reason| reason.code.as_str()));
            }
        }
        let mut expected = opinion.words.clone();
        if opinion.text.ends_with(ANY_REASON) {
            // How long the line is, is not known here.
            expected.remove("too-long");
            words.remove("too-long");
        }
        prop_assert_eq!(&words, &expected);

        // Asking only the people who matter changes nothing.
        let mut people = people_to_ask(&case.repository, &case.issue, &authorisation, &rules);
        people.extend(writers_to_ask(&case.issue, &rules));
        let asked = permissions_of(&case, |login| {
            people.iter().any(|asked| asked.eq_ignore_ascii_case(login))
        });
        prop_assert_eq!(
            &judge(
                &GateFacts {
                    permissions: &asked,
                    ..facts
                },
                &rules
            ),
            &verdict
        );

        // What is refused before anybody is asked is refused with the same codes afterwards.
        let early = refused_without_people(&case.repository, &case.issue, &authorisation, &rules);
        for reason in early.iter().flat_map(|early| early.reasons()) {
            prop_assert!(
                reason.code == ReasonCode::TooLong || words.contains(reason.code.as_str())
            );
        }

        let alone = u32::from(words.len() <= 1);
        if words.is_empty() {
            words.insert("trusted");
        }
        for word in words {
            let mut seen = seen.borrow_mut();
            let counts = seen.entry(word).or_default();
            *counts = (counts.0 + 1, counts.1 + alone);
        }
        Ok(())
    });
    if let Err(error) = agreed {
        panic!("{error}");
    }
    // Each word decides alone at least once: no clause is only tested in the shadow of another.
    let seen = seen.into_inner();
    for word in codes_of_the_gate().chain(["trusted"]) {
        let (_, alone) = seen.get(word).copied().unwrap_or_default();
        assert!(alone > 0, "'{word}' was never the only reason: {seen:?}");
    }
}
