//! What live servers answered (`contracts/forgejo/recordings`), asked of the stand-in, server by server.
//!
//! For every recording of a call that the adapter makes, a stand-in is brought into the situation that was recorded, and asked the
//! same. Its answer has the same status, kind of content and headers, and the same shape: it invents no member, it has every member
//! that the adapter reads, and what both have is of one type. The others are listed, with the reason.

mod shape;
mod situation;

use std::collections::BTreeMap;

use serde_json::Value;

use super::recordings::{Class, Recording, class, directory, read};
use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::forgejo::{Forgejo, ForgejoOptions, ServerKind};
use crate::support::sandbox::http_server::{Request, Response, Service};

/// Why a recording of one of our calls is not asked of the stand-in.
fn left(recording: &Recording) -> Option<&'static str> {
    let whose = recording.whose.as_str();
    let has_token = recording.headers_sent.contains_key("Authorization");
    if !has_token && recording.status != 401 {
        return Some("we never ask without a token in a header");
    }
    if whose == "t-pub" && recording.path.contains("/priv") {
        return Some("a token that opens public repositories only is none of ours");
    }
    if recording.name == "auth-prohibited" {
        return Some("an account that may not sign in is none of ours");
    }
    let sends = |name: &str| {
        recording
            .query
            .split('&')
            .any(|pair| pair.starts_with(name))
    };
    if sends("since=") {
        return Some("a parameter that we never send");
    }
    if class(recording) == Class::Commits && !sends("stat=false") {
        return Some("we leave statistics and files out");
    }
    if class(recording) == Class::Labels && recording.status == 200 && recording.query == "limit=1"
    {
        return Some("we ask for whole pages, and a page of one is not one everywhere");
    }
    if recording.request.get("updated_at").is_some() {
        return Some("a member that we never send");
    }
    None
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let found = headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// What the content type says of a body.
fn kind_of(headers: &[(String, String)]) -> &'static str {
    match header(headers, "content-type") {
        Some(kind) if kind.contains("json") => "json",
        Some(kind) if kind.contains("html") => "html",
        Some(_) => "text",
        None => "none",
    }
}

/// Holds an answer against the recorded one.
fn compare(recording: &Recording, answer: &Response) -> Result<(), String> {
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status != recording.status {
        return Err(format!("answers {} {body}", answer.status));
    }
    let kind = kind_of(&answer.headers);
    if kind != kind_of(&recording.headers) {
        return Err(format!("its content is {kind}"));
    }
    for name in ["x-total-count", "x-hasmore", "location"] {
        let (told, recorded) = (
            header(&answer.headers, name),
            header(&recording.headers, name),
        );
        // Search and lists count a whole world, which was not rebuilt.
        let same = match (told, recorded) {
            (Some(told), Some(recorded)) if name == "location" => told == recorded,
            (told, recorded) => told.is_some() == recorded.is_some(),
        };
        if !same {
            return Err(format!("{name}: {told:?}, recorded {recorded:?}"));
        }
    }
    if kind != "json" {
        return Ok(());
    }
    let told = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    shape::compare(&told, &recording.body, recording.status < 300)
}

fn asks_all_of(kind: ServerKind) {
    let Some(directory) = directory() else { return };
    let recordings = read(&directory.join(kind.recordings()));
    let (mut asked, mut wrong) = (0, Vec::new());
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for recording in &recordings {
        if let Class::Left(_) = class(recording) {
            continue;
        }
        if let Some(why) = left(recording) {
            *reasons.entry(why).or_default() += 1;
            continue;
        }
        asked += 1;
        let (forge, request) = situation::of(kind, recording);
        let request: Request = request;
        if let Err(why) = compare(recording, &forge.answer(&request)) {
            let why: String = why.chars().take(300).collect();
            wrong.push(format!(
                "{} [{}] {} {}?{} {}: {why}",
                recording.name,
                recording.whose,
                recording.method,
                recording.path,
                recording.query,
                recording.status
            ));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 230, "{asked}, and {reasons:#?}");
}

#[test]
fn the_stand_in_answers_as_forgejo_11_did() {
    asks_all_of(ServerKind::Forgejo11);
}

#[test]
fn the_stand_in_answers_as_forgejo_13_did() {
    asks_all_of(ServerKind::Forgejo13);
}

#[test]
fn the_stand_in_answers_as_gitea_did() {
    asks_all_of(ServerKind::Gitea126);
}

/// Statuses that were posted together, and what the combined state became: it is never read, because of this.
#[test]
fn the_stand_in_folds_statuses_as_every_server_did() {
    let Some(directory) = directory() else { return };
    for kind in ServerKind::ALL {
        let file = directory
            .join(kind.recordings())
            .join("_status-combos.json");
        let recorded: Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let combinations = recorded["combos"].as_object().unwrap();
        assert!(combinations.len() > 8);
        for (name, combination) in combinations {
            let clock = SandboxClock::at("2026-11-28T16:00:00Z".parse().unwrap());
            let forge = Forgejo::new(ForgejoOptions::of(kind), clock);
            forge.add_user("owner");
            forge.add_repository("owner/pub");
            let sha = forge.push_commit("owner/pub", "owner", "b");
            let posted = combination["posted"].as_array().unwrap().iter();
            for (index, posted) in posted.filter(|posted| posted[1] == 201).enumerate() {
                let word = posted[0].as_str().unwrap();
                forge.post_status("owner/pub", &sha, &format!("ci/{index}"), word);
            }
            let token = ForgejoOptions::of(kind).token;
            let answer = forge.answer(&Request {
                method: "GET".to_owned(),
                path: format!("/api/v1/repos/owner/pub/commits/{sha}/status"),
                query: String::new(),
                headers: [("authorization".to_owned(), format!("token {token}"))].into(),
                body: Vec::new(),
            });
            let told: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(told["state"], combination["state"], "{kind:?} {name}");
            assert_eq!(told["total_count"], combination["total_count"], "{name}");
        }
    }
}
