//! Where secrets come from, and that they are never shown.

use super::*;

#[test]
fn secrets_are_inline_or_files_and_those_of_a_directory_are_read_anew() {
    type TokenOf = fn(&Config) -> Option<SecretSource>;
    let tokens: [(Key, TokenOf); 9] = [
        (Key::T3Token, |c| c.executor.t3.token.clone()),
        (Key::GithubToken, |c| c.github.token.clone()),
        (Key::PollHeartbeatUrl, |c| {
            c.monitoring.poll_heartbeat.clone()
        }),
        (Key::WatchHeartbeatUrl, |c| {
            c.monitoring.watch_heartbeat.clone()
        }),
        (Key::ForgejoToken, |c| c.forgejo.token.clone()),
        (Key::WoodpeckerToken, |c| c.woodpecker.token.clone()),
        (Key::KubernetesToken, |c| c.kubernetes.api.token.clone()),
        (Key::SlackWebhookUrl, |c| c.notifiers.slack.clone()),
        (Key::NtfyToken, |c| c.notifiers.ntfy.as_ref()?.token.clone()),
    ];
    let secrets: Vec<_> = Key::ALL
        .iter()
        .copied()
        .filter(|key| key.is_secret())
        .collect();
    assert_eq!(tokens.map(|(key, _)| key).as_slice(), secrets);
    for (key, token) in tokens {
        let (name, file_name) = (key.name(), key.file_name().unwrap());
        let secret = "https://hunter2";
        let with = |pair| environment(&[company(key), &[pair]].concat());
        let from = |sources: &[Source]| token(&load(sources).unwrap().config);
        assert_eq!(from(&[with((name, secret))]), inline(secret));
        assert_eq!(from(&[with((file_name, "/run/x"))]), file("/run/x"));
        let other = environment(company(key));
        assert_eq!(
            from(&[other.clone(), directory(&[(name, secret)])]),
            file(&format!("/etc/afk/{name}"))
        );
        assert_eq!(
            from(&[other, directory(&[(file_name, "/run/x")])]),
            file("/run/x")
        );
        assert_eq!(
            from(&[with((file_name, "/run/x")), directory(&[(name, secret)])]),
            file("/run/x")
        );
        // A token where a path belongs.
        let errors = load(&[with((file_name, "hunter2"))]).unwrap_err();
        assert_eq!(
            errors.to_string(),
            format!("{file_name}: expected an absolute path (environment)")
        );
    }
}

#[test]
fn no_secret_shows_up_in_errors_or_debug_forms() {
    let secrets: Vec<_> = Key::ALL.iter().filter(|key| key.is_secret()).collect();
    let mut pairs: Vec<_> = secrets
        .iter()
        .map(|key| (key.name(), "https://hunter2"))
        .collect();
    pairs.extend([
        ("AFK_NTFY_URL", "https://n"),
        ("AFK_NTFY_TOPIC", "t"),
        ("AFK_HUNTER", "hunter2"),
    ]);
    let sources = [environment(&pairs)];
    let loaded = load(&sources).unwrap();
    assert!(!format!("{loaded:?} {loaded:#?} {sources:?}").contains("hunter2"));

    let bad: Vec<_> = secrets
        .iter()
        .map(|key| (key.name(), "hunter2 \u{0}hunter2"))
        .collect();
    let both: Vec<_> = secrets
        .iter()
        .flat_map(|key| {
            [
                (key.name(), "hunter2"),
                (key.file_name().unwrap(), "hunter2"),
            ]
        })
        .collect();
    let urls: Vec<_> = Key::ALL
        .iter()
        .filter(|key| key.name().ends_with("_URL") && !key.is_secret())
        .flat_map(|key| {
            [
                "https://u:hunter2@h",
                "https://h?hunter2",
                "x://hunter2@",
                "u:hunter2@h",
            ]
            .map(|url| (key.name(), url))
        })
        .collect();
    let lists = [
        "AFK_ALLOWLIST",
        "AFK_ALLOW_PUBLIC",
        "AFK_TRUSTED_APPS",
        "AFK_T3_INSTANCE",
        "AFK_COCKPIT_LINK",
    ]
    .map(|name| (name, "https://u:hunter2@github.com/o/n x"));
    let unreadable: BTreeMap<_, _> = Key::names()
        .filter(|name| {
            name.contains("TOKEN") && *name != Key::RunMaxTokens.name() || name.contains("WEBHOOK")
        })
        .map(|name| (name.to_owned(), Err("not UTF-8: hunter2".to_owned())))
        .collect();
    let mut all = vec![environment(&bad), environment(&both), environment(&lists)];
    all.extend(urls.iter().map(|pair| environment(&[*pair])));
    all.push(Source::new("environment", unreadable));
    for source in all {
        let errors = load(std::slice::from_ref(&source)).unwrap_err();
        let shown = format!("{errors} {errors:?} {:?}", errors.problems());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn webhooks_in_directories_are_checked_too() {
    let errors = load(&[directory(&[("AFK_SLACK_WEBHOOK_URL", "ftp://hunter2")])]).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "AFK_SLACK_WEBHOOK_URL: expected an http:// or https:// address with a host (directory /etc/afk)"
    );
}
