//! What is asked for a token, and what is made of every answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use super::super::{AsApp, WATCH_RIGHTS};
use super::*;
use crate::clock::Deadline;
use crate::domain::config::AppIdentity;
use crate::domain::repository::ForgeKind;
use crate::http::script::ScriptedAnswer;

/// 2026-01-01T00:00:00Z by our clock at the start.
const START: i64 = 1_767_225_600;

/// A repository that has another name today.
const RENAMED: &str = "octo/renamed";

/// A repository that GitHub keeps from everybody.
const BLOCKED: &str = "octo/blocked";

/// A clock that a test moves.
#[derive(Default)]
struct Hands {
    seconds: AtomicU64,
}

impl Hands {
    fn forward(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(START, 0).unwrap() + self.uptime()
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) {
        self.forward(duration.as_secs());
    }
}

/// A GitHub with one App, as `contracts/github` tells of it.
struct Forge {
    /// Seconds that its clock is ahead of ours.
    ahead: i64,
    /// Repositories that are part of installation 7.
    selected: &'static [&'static str],
    permissions: Value,
    suspended: bool,
    /// Whether it knows our key.
    knows_key: bool,
    /// Whether something between us and it answers in its place.
    is_down: AtomicBool,
    requests: Mutex<Vec<String>>,
}

impl Forge {
    fn new() -> Self {
        Self {
            ahead: 0,
            selected: &["octo/widgets", "octo/gadgets"],
            permissions: json!({
                "metadata": "read", "issues": "write", "contents": "write", "pull_requests": "read",
                "checks": "read", "statuses": "read", "actions": "read", "members": "read"
            }),
            suspended: false,
            knows_key: true,
            is_down: AtomicBool::new(false),
            requests: Mutex::new(Vec::new()),
        }
    }

    fn answer(&self, call: &Call<'_>, now: i64) -> ScriptedAnswer {
        let theirs = now + self.ahead;
        let (status, body) = self.judge(call, theirs);
        let date = DateTime::from_timestamp(theirs, 0).unwrap();
        let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        ScriptedAnswer {
            status,
            headers: vec![
                ("date".to_owned(), date.into_bytes()),
                ("content-type".to_owned(), b"application/json".to_vec()),
            ],
            body: body.to_string().into_bytes(),
        }
    }

    fn judge(&self, call: &Call<'_>, theirs: i64) -> (u16, Value) {
        let path = call.url.path().to_owned();
        let sent = call.json.as_deref().unwrap_or_default();
        let sent = String::from_utf8(sent.to_vec()).unwrap();
        let line = format!("{:?} {path} {sent}", call.method);
        self.requests.lock().unwrap().push(line.trim().to_owned());
        if self.is_down.load(Ordering::Relaxed) {
            return (502, json!({"message": "Bad Gateway"}));
        }
        let assertion = call.bearer.unwrap().bearer().unwrap();
        let claims = assertion.expose().split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let (iat, exp) = (
            claims["iat"].as_i64().unwrap(),
            claims["exp"].as_i64().unwrap(),
        );
        if !self.knows_key {
            return (
                401,
                json!({"message": "A JSON web token could not be decoded"}),
            );
        }
        if iat > theirs || exp < theirs || exp > theirs + 600 {
            return (
                401,
                json!({"message": "'Expiration time' claim ('exp') is too far in the future"}),
            );
        }
        if let Some(name) = path
            .strip_prefix("/repos/")
            .and_then(|rest| rest.strip_suffix("/installation"))
        {
            if name == RENAMED {
                let to = "https://api.github.com/repositories/4711/installation";
                return (301, json!({"message": "Moved Permanently", "url": to}));
            }
            if name == BLOCKED {
                return (451, json!({"message": "Repository access blocked"}));
            }
            if !self.selected.contains(&name) {
                return (404, json!({"message": "Not Found"}));
            }
            let suspended = self.suspended.then_some("2026-01-01T00:00:00Z");
            return (
                200,
                json!({"id": 7, "suspended_at": suspended, "permissions": self.permissions}),
            );
        }
        assert_eq!(path, "/app/installations/7/access_tokens");
        let body: Value = serde_json::from_str(&sent).unwrap();
        for name in body["repositories"].as_array().unwrap() {
            let full = format!("octo/{}", name.as_str().unwrap());
            if !self.selected.contains(&full.as_str()) {
                let message = "There is at least one repository that does not exist or is not accessible to the parent installation.";
                return (422, json!({"message": message}));
            }
        }
        for (name, level) in body["permissions"].as_object().unwrap() {
            let granted = &self.permissions[name];
            if granted != level && granted != "write" {
                return (
                    422,
                    json!({"message": "The permissions requested are not granted to this installation."}),
                );
            }
        }
        let expires = DateTime::from_timestamp(theirs + 3600, 0).unwrap();
        (
            201,
            json!({"token": format!("ghs_{theirs}"), "expires_at": expires.to_rfc3339(), "repository_selection": "selected"}),
        )
    }

    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

/// Hands out an installation of `names` with this forge.
fn with_installation(forge: &Forge, names: &[&str], told: impl FnOnce(&Installation<'_>, &Hands)) {
    let directory = tempfile::tempdir().unwrap();
    let key_file = directory.path().join("key.pem");
    std::fs::write(
        &key_file,
        include_str!("../../../../tests/fixtures/github_app/key.pem"),
    )
    .unwrap();
    let clock = Hands::default();
    let stop = Arc::new(AtomicBool::new(false));
    let deadline = Deadline::start(&clock, Duration::from_secs(100_000), stop);
    let script = |call: &Call<'_>| Some(forge.answer(call, clock.now().timestamp()));
    let http = Http::scripted(deadline, &script);
    let issuer = Arc::new(Issuer::new(&AppIdentity {
        id: "12345".to_owned(),
        key_file,
    }));
    let as_app = AsApp {
        issuer: Arc::clone(&issuer),
        http: &http,
    };
    let base = Url::parse("https://api.github.example").unwrap();
    let repositories = names
        .iter()
        .map(|name| RepoRef::parse(name, ForgeKind::GitHub).unwrap())
        .collect();
    let installation = Installation::new(
        &http,
        Sender::new(&http, base, Box::new(as_app)),
        issuer,
        repositories,
        WATCH_RIGHTS,
        Sightings::default(),
    );
    told(&installation, &clock);
}

fn token(installation: &Installation<'_>) -> Result<String, String> {
    match installation.bearer() {
        Ok(secret) => Ok(secret.expose().to_owned()),
        Err((kind, why)) => Err(format!("{kind:?}: {why}")),
    }
}

#[test]
fn a_token_is_narrowed_to_repositories_and_rights_and_minted_once() {
    let forge = Forge::new();
    with_installation(
        &forge,
        &["octo/widgets", "octo/gadgets"],
        |installation, _| {
            let first = token(installation).unwrap();
            assert_eq!(first, format!("ghs_{START}"));
            assert_eq!(token(installation), Ok(first));
            assert!(!format!("{installation:?}").contains("ghs_"));
        },
    );
    assert_eq!(
        forge.requests(),
        [
            "Get /repos/octo/widgets/installation",
            "Post /app/installations/7/access_tokens {\"permissions\":{\"actions\":\"read\",\"checks\":\"read\",\
             \"contents\":\"read\",\"issues\":\"write\",\"metadata\":\"read\",\"pull_requests\":\"read\",\"statuses\":\"read\"},\
             \"repositories\":[\"widgets\",\"gadgets\"]}",
        ]
    );
}

#[test]
fn a_token_is_renewed_before_a_tick_outlives_it() {
    let forge = Forge::new();
    with_installation(&forge, &["octo/widgets"], |installation, clock| {
        let first = token(installation).unwrap();
        clock.forward(3600 - 121);
        assert_eq!(token(installation), Ok(first));
        clock.forward(1);
        assert_eq!(token(installation), Ok(format!("ghs_{}", START + 3480)));
    });
}

#[test]
fn a_token_that_can_not_be_renewed_yet_is_used_while_it_holds() {
    let forge = Forge::new();
    with_installation(&forge, &["octo/widgets"], |installation, clock| {
        let first = token(installation);
        forge.is_down.store(true, Ordering::Relaxed);
        clock.forward(3600 - 120);
        forge.requests();
        assert_eq!(token(installation), first);
        assert_eq!(forge.requests().len(), 1);
        // It is not asked for with every request.
        clock.forward(29);
        assert_eq!(token(installation), first);
        assert_eq!(forge.requests(), [""; 0]);
        clock.forward(1);
        assert_eq!(token(installation), first);
        assert_eq!(forge.requests().len(), 1);
        clock.forward(89);
        assert_eq!(token(installation), first);
        forge.is_down.store(false, Ordering::Relaxed);
        // Its last second is over, and there is another one.
        clock.forward(1);
        assert_eq!(token(installation), Ok(format!("ghs_{}", START + 3600)));
    });
}

#[test]
fn a_token_that_is_over_and_can_not_be_renewed_is_used_no_more() {
    let forge = Forge::new();
    with_installation(&forge, &["octo/widgets"], |installation, clock| {
        assert!(token(installation).is_ok());
        forge.is_down.store(true, Ordering::Relaxed);
        clock.forward(3600);
        let why = token(installation).unwrap_err();
        assert!(why.contains("HTTP 502: Bad Gateway"), "{why}");
        forge.requests();
        assert_eq!(token(installation), Err(why));
        assert_eq!(forge.requests(), [""; 0]);
    });
}

#[test]
fn a_refused_token_is_minted_again_once() {
    let forge = Forge::new();
    with_installation(&forge, &["octo/widgets"], |installation, clock| {
        let first = installation.bearer().unwrap();
        clock.forward(1);
        assert!(installation.refused(&first));
        let second = installation.bearer().unwrap();
        assert_ne!(second, first);
        // Another thread hears of the first one late: there is a new one already.
        clock.forward(1);
        assert!(installation.refused(&first));
        assert_eq!(installation.bearer(), Ok(second.clone()));
        // The second one is the last.
        assert!(!installation.refused(&second));
        assert_eq!(installation.bearer(), Ok(second));
        let minted = forge.requests();
        let minted = minted.iter().filter(|line| line.starts_with("Post"));
        assert_eq!(minted.count(), 2);
    });
}

#[test]
fn a_refused_token_that_can_not_be_minted_again_says_why() {
    let forge = Forge::new();
    with_installation(&forge, &["octo/widgets"], |installation, _| {
        let first = installation.bearer().unwrap();
        forge.is_down.store(true, Ordering::Relaxed);
        assert!(installation.refused(&first));
        let why = token(installation).unwrap_err();
        assert!(why.contains("HTTP 502: Bad Gateway"), "{why}");
        assert!(installation.refused(&first));
        assert_eq!(token(installation), Err(why));
    });
}

#[test]
fn a_repository_that_was_not_selected_costs_the_others_nothing() {
    for names in [
        &["octo/secrets", "octo/widgets", "octo/gone"] as &[_],
        &[RENAMED, "octo/widgets"],
        &["octo/widgets", RENAMED, BLOCKED],
        &[BLOCKED, "octo/secrets", "octo/widgets"],
    ] {
        let forge = Forge::new();
        with_installation(&forge, names, |installation, _| {
            assert!(token(installation).is_ok(), "{names:?}");
        });
        let requests = forge.requests();
        assert!(
            requests
                .last()
                .unwrap()
                .contains("\"repositories\":[\"widgets\"]"),
            "{requests:?}"
        );
    }
}

#[test]
fn clocks_that_differ_do_no_harm() {
    for ahead in [-7_200, -550, -61, -59, 0, 59, 400, 7_200, 90_000] {
        let forge = Forge {
            ahead,
            ..Forge::new()
        };
        with_installation(&forge, &["octo/widgets"], |installation, clock| {
            assert!(token(installation).is_ok(), "{ahead}");
            // The token's life is measured by one clock.
            clock.forward(3600 - 121);
            forge.requests();
            assert!(token(installation).is_ok());
            assert_eq!(forge.requests(), [""; 0], "{ahead}");
        });
    }
}

#[test]
fn what_a_person_has_to_mend_is_said_once_and_asked_once() {
    let no_issues = json!({"metadata": "read", "issues": "read", "contents": "read"});
    for (forge, names, wanted) in [
        (
            Forge {
                suspended: true,
                ..Forge::new()
            },
            vec!["octo/widgets"],
            "installation with octo is suspended",
        ),
        (
            Forge::new(),
            vec!["octo/secrets", "octo/gone"],
            "not installed with octo for secrets, gone",
        ),
        (
            Forge {
                permissions: no_issues,
                ..Forge::new()
            },
            vec!["octo/widgets"],
            "installation with octo lacks rights (issues: write)",
        ),
        (
            Forge {
                knows_key: false,
                ..Forge::new()
            },
            vec!["octo/widgets"],
            "HTTP 401: A JSON web token could not be decoded",
        ),
    ] {
        with_installation(&forge, &names, |installation, _| {
            let why = token(installation).unwrap_err();
            assert!(why.starts_with("Denied: ") && why.contains(wanted), "{why}");
            let asked = forge.requests().len();
            assert!((1..=2).contains(&asked), "{asked}");
            assert_eq!(token(installation), Err(why));
            assert_eq!(forge.requests(), [""; 0]);
        });
    }
}

#[test]
fn a_key_that_went_away_during_the_tick_is_named() {
    let forge = Forge::new();
    let clock = Hands::default();
    let deadline = Deadline::start(&clock, Duration::from_secs(100), Arc::default());
    let script = |call: &Call<'_>| Some(forge.answer(call, START));
    let http = Http::scripted(deadline, &script);
    let issuer = Arc::new(Issuer::new(&AppIdentity {
        id: "12345".to_owned(),
        key_file: "/nowhere/key.pem".into(),
    }));
    let as_app = AsApp {
        issuer: Arc::clone(&issuer),
        http: &http,
    };
    let base = Url::parse("https://api.github.example").unwrap();
    let sender = Sender::new(&http, base, Box::new(as_app));
    let repositories = vec![RepoRef::parse("octo/widgets", ForgeKind::GitHub).unwrap()];
    let installation = Installation::new(
        &http,
        sender,
        issuer,
        repositories,
        WATCH_RIGHTS,
        Sightings::default(),
    );
    let why = token(&installation).unwrap_err();
    assert!(
        why.starts_with("SecretUnreadable: ") && why.contains("/nowhere/key.pem"),
        "{why}"
    );
    assert_eq!(forge.requests(), [""; 0]);
}
