//! Brings a stand-in into the situation in which something was recorded.
//!
//! The servers that were recorded had the accounts and repositories that are made here. What a single recording needs beside
//! them is taken from its answer: the issue, its labels, its timeline, statuses, commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::recordings::{Class, Recording, class};
use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::forgejo::state::{Dependency, Entry, LabelOwner, Level, What};
use crate::support::sandbox::forgejo::{Forgejo, ForgejoOptions, Scope, ServerKind};
use crate::support::sandbox::http_server::Request;

/// Accounts beside our own.
const PEOPLE: &[&str] = &[
    "owner",
    "adm",
    "writer",
    "writer2",
    "reader",
    "restricted",
    "renamed-user",
    "bot-write",
    "siteadmin",
    "stranger",
    "coder",
    "triager",
    "user-t1",
    "user-t2",
    "user-t3",
    "user-t4",
    "user-t5",
];

/// Collaborators of the repositories of `owner`.
const LEVELS: &[(&str, Level)] = &[
    ("adm", Level::Admin),
    ("writer", Level::Write),
    ("writer2", Level::Write),
    ("reader", Level::Read),
    ("restricted", Level::Write),
    ("renamed-user", Level::Write),
    ("bot-write", Level::Write),
    // Who administers the server owns everything.
    ("siteadmin", Level::Owner),
];

/// Units of the teams of which `user-t1` to `user-t4` are members.
const TEAMS: [&[(&str, Level)]; 4] = [
    &[("repo.code", Level::Read), ("repo.issues", Level::Write)],
    &[
        ("repo.code", Level::Write),
        ("repo.issues", Level::Write),
        ("repo.wiki", Level::Read),
    ],
    &[("repo.code", Level::Write)],
    &[("repo.issues", Level::Write), ("repo.pulls", Level::Write)],
];

fn account(whose: &str) -> &str {
    match whose {
        "botw" => "bot-write",
        _ if PEOPLE.contains(&whose) => whose,
        _ => "afk-bot",
    }
}

fn scopes(whose: &str) -> Vec<Scope> {
    match whose {
        "t-issue" => vec![Scope::WriteIssue],
        "t-readissue" => vec![Scope::ReadIssue],
        "t-repo" => vec![Scope::ReadRepository],
        "t-user" => vec![Scope::ReadUser],
        "t-misc" => Vec::new(),
        _ => vec![Scope::WriteIssue, Scope::ReadRepository, Scope::ReadUser],
    }
}

/// The stand-in, and what to ask of it.
pub fn of(kind: ServerKind, recording: &Recording) -> (Arc<Forgejo>, Request) {
    let clock = SandboxClock::at("2026-11-28T16:00:00Z".parse().unwrap());
    let options = ForgejoOptions {
        account: account(&recording.whose).to_owned(),
        scopes: scopes(&recording.whose),
        ..ForgejoOptions::of(kind)
    };
    let token = if recording.status == 401 {
        "wrong".to_owned()
    } else {
        options.token.clone()
    };
    let forge = Forgejo::new(options, clock);
    people_and_repositories(&forge, recording);
    let mut path = recording.path.clone();
    let mut body = recording.request.clone();
    prepare(&forge, recording, &mut path, &mut body);
    let mut headers: BTreeMap<String, String> = recording
        .headers_sent
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone()))
        .collect();
    if headers.contains_key("authorization") {
        headers.insert("authorization".to_owned(), format!("token {token}"));
    }
    let request = Request {
        method: recording.method.clone(),
        path,
        query: recording.query.clone(),
        headers,
        body: if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        },
    };
    (forge, request)
}

fn people_and_repositories(forge: &Forgejo, recording: &Recording) {
    let viewer = account(&recording.whose);
    for login in PEOPLE.iter().chain(&["afk-bot"]) {
        if *login != viewer {
            forge.add_user(login);
        }
    }
    forge.add_organisation("acme");
    forge.add_team("acme", "Owners", Some(Level::Owner), &[], &["owner"]);
    forge.add_team("acme", "bots", Some(Level::Admin), &[], &["afk-bot"]);
    let write = Level::Write;
    let code = [
        ("repo.code", write),
        ("repo.issues", write),
        ("repo.pulls", write),
    ];
    forge.add_team("acme", "coders", None, &code, &["coder"]);
    // Those of the people who are asked about, or all where teams are.
    let listed = recording.body.as_array().map_or(0, Vec::len);
    let wants = |member: &str| {
        recording.path.contains(member)
            || recording.whose == member
            || class(recording) == Class::Teams && listed > 4
    };
    for (index, units) in TEAMS.iter().enumerate() {
        let (name, member) = (
            format!("team-t{}", index + 1),
            format!("user-t{}", index + 1),
        );
        if wants(&member) {
            forge.add_team("acme", &name, None, units, &[&member]);
        }
    }
    if wants("user-t5") {
        forge.add_team("acme", "team-t5", Some(Level::Admin), &[], &["user-t5"]);
    }
    forge.add_team(
        "acme",
        "triage",
        None,
        &[("repo.issues", write)],
        &["triager"],
    );
    for name in ["pub", "priv", "arch", "nodeps", "paged", "new", "empty"] {
        let full_name = format!("owner/{name}");
        forge.add_repository(&full_name);
        forge.with_repository(&full_name, |repository| repository.collaborators.clear());
        for (login, level) in LEVELS {
            forge.set_level(&full_name, login, *level);
        }
        forge.set_level(&full_name, "afk-bot", Level::Admin);
        if name != "priv" {
            forge.make_public(&full_name);
        }
        if name != "empty" {
            forge.push_commit(&full_name, "writer", "Begin");
        }
    }
    for name in ["app", "lib"] {
        let full_name = format!("acme/{name}");
        forge.add_repository(&full_name);
        forge.with_repository(&full_name, |repository| repository.collaborators.clear());
        forge.push_commit(&full_name, "owner", "Begin");
    }
    forge.make_public("acme/lib");
    forge.with_repository("owner/arch", |repository| repository.archived = true);
    forge.with_repository("owner/nodeps", |repository| repository.dependencies = false);
    match recording.name.as_str() {
        // Who was made a direct collaborator is no member any more, for the look-up.
        "org-direct-collaborator" => forge.set_level("acme/app", "reader", Level::Write),
        "org-team-plus-read-collaborator" => {
            forge.forget_teams_of("user-t4");
            forge.set_level("acme/app", "user-t4", Level::Read);
        }
        _ => {}
    }
    let new = forge_id(forge, "owner/new");
    let mut inner = forge.lock();
    inner.state.former_names.insert("owner/old".to_owned(), new);
    drop(inner);
    if recording.name.starts_with("transferred") {
        forge.rename_repository("owner/new", "acme/new");
    }
}

fn forge_id(forge: &Forgejo, full_name: &str) -> u64 {
    forge.lock().state.repository_id(full_name)
}

/// The number of somebody; whoever is not there is made.
fn person(forge: &Forgejo, user: &Value) -> i64 {
    let login = user["login"].as_str().unwrap_or("Ghost");
    if login == "Ghost" {
        return -1;
    }
    let known = forge.lock().state.find_account(login).map(|known| known.id);
    known.unwrap_or_else(|| forge.add_user(login))
}

/// Makes an issue of this number.
fn issue(forge: &Forgejo, full_name: &str, number: u64, author: i64) {
    let mut inner = forge.lock();
    let id = inner.state.repository_id(full_name);
    let home = inner.state.repositories.get_mut(&id).unwrap();
    if home.issues.contains_key(&number) {
        return;
    }
    let next = std::mem::replace(&mut home.next_issue, number);
    inner.state.open_issue(id, author, "t", "b");
    let home = inner.state.repositories.get_mut(&id).unwrap();
    home.next_issue = next.max(number + 1);
}

/// The label that stands for a recorded one: one for each of its ids.
fn label(forge: &Forgejo, full_name: &str, recorded: &Value, made: &mut BTreeMap<u64, u64>) -> u64 {
    let id = recorded["id"].as_u64().unwrap();
    if let Some(known) = made.get(&id) {
        return *known;
    }
    let name = recorded["name"].as_str().unwrap();
    let of_organisation = recorded["url"]
        .as_str()
        .unwrap_or_default()
        .contains("/orgs/");
    let mut inner = forge.lock();
    let home = inner.state.repository_id(full_name);
    let taken: Vec<u64> = made.values().copied().collect();
    let known = inner
        .state
        .labels_of(home)
        .iter()
        .find(|known| known.name == name && !taken.contains(&known.id))
        .map(|known| known.id);
    let of = if of_organisation {
        LabelOwner::Organisation(inner.state.repositories[&home].owner)
    } else {
        LabelOwner::Repository(home)
    };
    let new = match known.filter(|_| !of_organisation) {
        Some(known) => known,
        None => inner.state.new_label(of, name, "00aabb"),
    };
    made.insert(id, new);
    new
}

/// Makes an issue that looks like a recorded one.
fn issue_like(forge: &Forgejo, full_name: &str, recorded: &Value) {
    let number = recorded["number"].as_u64().unwrap();
    issue(forge, full_name, number, person(forge, &recorded["user"]));
    let mut made = BTreeMap::new();
    let labels: Vec<u64> = recorded["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|recorded| label(forge, full_name, recorded, &mut made))
        .collect();
    let assignees = recorded["assignees"].as_array().into_iter().flatten();
    let assignees: Vec<i64> = assignees.map(|user| person(forge, user)).collect();
    let mut inner = forge.lock();
    let (id, now) = (inner.state.repository_id(full_name), inner.state.now());
    let issue = inner.state.issue_mut(id, number);
    (issue.labels, issue.assignees) = (labels, assignees);
    issue.open = recorded["state"] == "open";
    issue.closed = (!issue.open).then_some(now);
    issue.is_pull = recorded["pull_request"].is_object();
    issue.locked = recorded["is_locked"] == true;
    issue.content_version = recorded["content_version"].as_u64().unwrap_or(0);
}

fn number_in(query: &str, name: &str) -> Option<usize> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .and_then(|(_, value)| value.parse().ok())
}

/// How many entries came before the page that was recorded.
fn before(recording: &Recording) -> usize {
    let page = number_in(&recording.query, "page").unwrap_or(1);
    let limit = number_in(&recording.query, "limit").filter(|limit| *limit > 0);
    page.saturating_sub(1) * limit.unwrap_or(30).min(50)
}

fn total(recording: &Recording) -> usize {
    let header = super::header(&recording.headers, "x-total-count");
    header.and_then(|total| total.parse().ok()).unwrap_or(0)
}

fn prepare(forge: &Forgejo, recording: &Recording, path: &mut String, body: &mut Value) {
    let segments: Vec<String> = recording
        .segments()
        .iter()
        .map(|&segment| segment.to_owned())
        .collect();
    let full_name = match segments.as_slice() {
        [repos, owner, name, ..] if repos == "repos" => format!("{owner}/{name}"),
        _ => String::new(),
    };
    let is_there = forge.lock().state.repository(&full_name).is_some();
    let number = segments.get(4).and_then(|number| number.parse().ok());
    let list = recording.body.as_array().cloned().unwrap_or_default();
    let is_missing = matches!(recording.status, 404 | 500);
    let needs_issue = is_there && !is_missing;
    let writer = person(forge, &json!({"login": "writer"}));
    match class(recording) {
        Class::Issue if needs_issue => issue_like(forge, &full_name, &recording.body),
        Class::SetState if needs_issue => {
            let number = number.unwrap();
            if recording.status == 201 {
                issue_like(forge, &full_name, &recording.body);
            }
            issue(
                forge,
                &full_name,
                number,
                person(forge, &json!({"login": "reader"})),
            );
            let wants_open = recording.request["state"] == "open";
            let id = forge_id(forge, &full_name);
            forge.lock().state.issue_mut(id, number).open = !wants_open;
            if recording.status == 412 {
                issue(forge, &full_name, 900, writer);
                forge.depend(&full_name, number, 900);
            }
        }
        Class::Timeline if needs_issue => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            timeline(forge, &full_name, number, &list, before(recording));
        }
        Class::Dependencies if is_there && (!is_missing || full_name.ends_with("nodeps")) => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            dependencies(forge, &full_name, number, &list, before(recording));
        }
        Class::Comment if needs_issue => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            let id = forge_id(forge, &full_name);
            forge.lock().state.issue_mut(id, number).locked = recording.status == 403;
        }
        Class::AddLabel if needs_issue => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            add_label(forge, recording, &full_name, number, &list, body);
        }
        Class::TakeLabel if needs_issue => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            let named = segments[6].as_str();
            let (home, name) = match recording.name.as_str() {
                "w-label-del-other-repo" => ("owner/priv", "elsewhere"),
                "w-label-del-numeric-name" => (full_name.as_str(), named),
                _ => (full_name.as_str(), "here"),
            };
            for recorded in &list {
                let id = label(forge, &full_name, recorded, &mut BTreeMap::new());
                forge.label_by_id(&full_name, number, "writer", id);
            }
            let of = LabelOwner::Repository(forge_id(forge, home));
            let id = forge.lock().state.new_label(of, name, "00aabb");
            if home == full_name {
                forge.label_by_id(&full_name, number, "writer", id);
            }
            if recording.status != 422 && recording.name != "w-label-del-numeric-name" {
                *path = path.replace(&format!("/labels/{named}"), &format!("/labels/{id}"));
            }
        }
        Class::EditComment | Class::DeleteComment if is_there => {
            let home = if recording.name.ends_with("other-repo") {
                "owner/pub"
            } else {
                full_name.as_str()
            };
            issue(forge, home, 13, writer);
            forge.label_issue(home, 13, "writer", "bug");
            let of = forge_id(forge, home);
            let entry = forge.lock().state.issue_mut(of, 13).entries[0].id;
            let comment = forge.comment_on(home, 13, "afk-bot", "hello");
            let is_unknown = recording.status == 404 && home == full_name;
            let id = match (&*recording.method, recording.status, is_unknown) {
                (_, _, true) => 999_999,
                ("PATCH", 204, _) => entry,
                _ => comment,
            };
            *path = path.replace(&segments[5], &id.to_string());
        }
        Class::Statuses if is_there => statuses(forge, recording, &full_name, &segments[4]),
        Class::Runs if is_there => {
            let sha = recording.query.split("head_sha=").nth(1).unwrap();
            let sha = sha.split('&').next().unwrap();
            let runs = recording.body["workflow_runs"].as_array().cloned();
            for run in runs.unwrap_or_default() {
                let workflow = run["workflow_id"].as_str().or(run["path"].as_str());
                let event = run["trigger_event"].as_str().or(run["event"].as_str());
                let status = match run["status"].as_str().unwrap() {
                    "queued" => "waiting",
                    word => word,
                };
                forge.run_of(&full_name, sha, workflow.unwrap(), event.unwrap(), status);
            }
        }
        Class::Commit if needs_issue => {
            let sha = segments[5].clone();
            forge.push_commit(&full_name, "writer", "b");
            forge.with_repository(&full_name, |repository| {
                repository.commits.last_mut().unwrap().sha = sha;
            });
        }
        Class::Comments if needs_issue => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            for recorded in &list {
                person(forge, &recorded["user"]);
                let login = recorded["user"]["login"].as_str().unwrap();
                forge.comment_on(&full_name, number, login, "hello");
            }
        }
        Class::ShownLabels if needs_issue => {
            let number = number.unwrap();
            issue(forge, &full_name, number, writer);
            let mut made = BTreeMap::new();
            for recorded in &list {
                let id = label(forge, &full_name, recorded, &mut made);
                forge.label_by_id(&full_name, number, "writer", id);
            }
        }
        Class::Labels if is_there => {
            let home = forge_id(forge, &full_name);
            let mut inner = forge.lock();
            let of = LabelOwner::Repository(home);
            inner.state.labels.retain(|known| known.of != of);
            let total = total(recording).max(list.len());
            for index in 0..total {
                let name = list.get(index).and_then(|label| label["name"].as_str());
                let name = name.map_or_else(|| format!("more-{index}"), str::to_owned);
                inner.state.new_label(of, &name, "00aabb");
            }
        }
        Class::Compare if is_there => {
            let (base, head) = segments[4].split_once("...").unwrap();
            let ahead = recording.body["total_commits"].as_u64().unwrap();
            for _ in 0..=ahead {
                forge.push_commit(&full_name, "writer", "b");
            }
            forge.with_repository(&full_name, |repository| {
                let last = repository.commits.len() - 1;
                let first = last - usize::try_from(ahead).unwrap();
                base.clone_into(&mut repository.commits[first].sha);
                head.clone_into(&mut repository.commits[last].sha);
            });
        }
        Class::Commits if needs_issue => {
            for _ in 1..total(recording) {
                forge.push_commit(&full_name, "writer", "b");
            }
        }
        Class::Search => {
            for recorded in list.iter().rev() {
                let home = recorded["repository"]["full_name"].as_str().unwrap();
                forge
                    .lock()
                    .state
                    .clock
                    .advance(chrono::TimeDelta::seconds(1));
                if forge.lock().state.repository(home).is_none() {
                    forge.add_repository(home);
                }
                issue_like(forge, home, recorded);
            }
            for number in 0..before(recording) {
                forge
                    .lock()
                    .state
                    .clock
                    .advance(chrono::TimeDelta::seconds(1));
                issue(forge, "owner/pub", 800 + number as u64, writer);
            }
        }
        Class::OurRepositories => {
            let mut more = 0;
            loop {
                let inner = forge.lock();
                let viewer = inner.viewer;
                let mine = inner.state.repositories.values().filter(|repository| {
                    repository.collaborators.contains_key(&viewer)
                        || inner
                            .state
                            .teams_of(repository)
                            .iter()
                            .any(|team| team.members.contains(&viewer))
                });
                let enough = mine.count() >= total(recording);
                drop(inner);
                if enough {
                    break;
                }
                more += 1;
                forge.add_repository(&format!("owner/more-{more}"));
            }
        }
        Class::Repository
        | Class::Account
        | Class::Teams
        | Class::Permission
        | Class::Left(_)
        | Class::Issue
        | Class::SetState
        | Class::Timeline
        | Class::Dependencies
        | Class::Comment
        | Class::AddLabel
        | Class::TakeLabel
        | Class::EditComment
        | Class::DeleteComment
        | Class::Statuses
        | Class::Runs
        | Class::Commit
        | Class::Version
        | Class::Comments
        | Class::ShownLabels
        | Class::Labels
        | Class::CreateLabel
        | Class::Compare
        | Class::Commits => {}
    }
}

/// Writes down what a timeline told, behind `hidden` entries that nobody sees.
fn timeline(forge: &Forgejo, full_name: &str, number: u64, list: &[Value], hidden: usize) {
    let mut made = BTreeMap::new();
    let mut entries = Vec::new();
    let at = |text: &Value| -> DateTime<Utc> { text.as_str().unwrap().parse().unwrap() };
    for recorded in list {
        let text = |name: &str| recorded[name].as_str().unwrap_or_default().to_owned();
        let kind = text("type");
        let what = match kind.as_str() {
            "label" => What::Label {
                id: label(forge, full_name, &recorded["label"], &mut made),
                added: text("body") == "1",
            },
            "close" => What::Close,
            "reopen" => What::Reopen,
            "change_title" => What::Title {
                old: text("old_title"),
                new: text("new_title"),
            },
            "comment" => What::Comment(text("body")),
            "commit_ref" => What::CommitRef {
                sha: text("ref_commit_sha"),
                link: text("body"),
            },
            "assignees" if recorded["assignee"].is_object() => What::Assign {
                who: person(forge, &recorded["assignee"]),
                removed: recorded["removed_assignee"] == true,
            },
            "pull_ref" => {
                let number = recorded["ref_issue"]["number"].as_u64().unwrap();
                issue_like(forge, full_name, &recorded["ref_issue"]);
                What::PullRef {
                    by_comment: false,
                    number,
                    action: text("ref_action").leak(),
                }
            }
            _ => What::Other(kind.leak()),
        };
        entries.push(Entry {
            id: recorded["id"].as_u64().unwrap(),
            user: person(forge, &recorded["user"]),
            at: at(&recorded["created_at"]),
            updated: at(&recorded["updated_at"]),
            what,
        });
    }
    let mut inner = forge.lock();
    let id = inner.state.repository_id(full_name);
    for _ in 0..hidden {
        inner.state.record(id, number, -1, What::Hidden);
    }
    inner.state.issue_mut(id, number).entries.extend(entries);
}

/// What blocks an issue, behind others that came on earlier pages.
fn dependencies(forge: &Forgejo, full_name: &str, number: u64, list: &[Value], earlier: usize) {
    let mut all = Vec::new();
    for recorded in list {
        let home = recorded["repository"]["full_name"].as_str();
        let is_shown = recorded["number"].as_u64().is_some_and(|number| number > 0);
        all.push(match home.filter(|_| is_shown) {
            Some(home) => {
                issue_like(forge, home, recorded);
                Dependency::On {
                    repository: forge_id(forge, home),
                    number: recorded["number"].as_u64().unwrap(),
                }
            }
            None => Dependency::Hidden,
        });
    }
    let mut inner = forge.lock();
    if inner.options.kind.is_gitea() {
        all.reverse();
    }
    // Pages that were empty are beyond the end.
    if !list.is_empty() {
        all.splice(0..0, std::iter::repeat_n(Dependency::Hidden, earlier));
    }
    let id = inner.state.repository_id(full_name);
    inner.state.issue_mut(id, number).dependencies = all;
}

/// The labels that were shown afterwards are there, and on the issue but for the one that is put on.
fn add_label(
    forge: &Forgejo,
    recording: &Recording,
    full_name: &str,
    number: u64,
    list: &[Value],
    body: &mut Value,
) {
    let wanted = &recording.request["labels"][0];
    let mut made = BTreeMap::new();
    let is_organisations = |label: &Value| label["url"].as_str().unwrap().contains("/orgs/");
    if list.iter().all(is_organisations) {
        // The repository has no label of the name.
        forge.lock().state.labels.clear();
    }
    for recorded in list {
        let id = label(forge, full_name, recorded, &mut made);
        if recorded["name"] != *wanted && recorded["id"] != *wanted {
            forge.label_by_id(full_name, number, "writer", id);
        }
    }
    let Some(id) = wanted.as_u64() else { return };
    let id = match made.get(&id) {
        Some(id) => *id,
        None if recording.name.ends_with("other-repo") => {
            let of = LabelOwner::Repository(forge_id(forge, "owner/priv"));
            forge.lock().state.new_label(of, "elsewhere", "00aabb")
        }
        None => 999_999,
    };
    *body = json!({"labels": [id]});
}

/// What was told about a commit, among as many statuses as were counted.
fn statuses(forge: &Forgejo, recording: &Recording, full_name: &str, sha: &str) {
    let is_unknown = recording.name == "status-unknown-sha";
    if !is_unknown {
        forge.push_commit(full_name, "writer", "b");
        forge.with_repository(full_name, |repository| {
            repository.commits.last_mut().unwrap().sha = sha.to_owned();
        });
    }
    let listed = recording.body["statuses"].as_array().cloned();
    let listed = listed.unwrap_or_default();
    let total = total(recording);
    let earlier = before(recording).min(total);
    let pad = |from: usize, to: usize| {
        for number in from..to {
            forge.post_status(full_name, sha, &format!("pad/{number}"), "success");
        }
    };
    pad(0, earlier);
    for status in &listed {
        let text = |name: &str| status[name].as_str().unwrap_or_default().to_owned();
        forge.post_status(full_name, sha, &text("context"), &text("status"));
    }
    pad(earlier + listed.len(), total);
}
