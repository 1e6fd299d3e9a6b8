//! Each rule at its edge: what is just a secret, and what just is none.

use super::redact;

#[test]
fn what_is_just_a_secret_is_taken_out() {
    for (text, clean) in [
        (
            "use `abc123def456` as the token",
            "use `[redacted]` as the token",
        ),
        ("use abc123def456 as the key", "use [redacted] as the key"),
        ("bob: swordfish (password)", "bob: [redacted] (password)"),
        ("bob = swordfish (password)", "bob = [redacted] (password)"),
        (
            "use `hunter2x` as the password for staging",
            "use `[redacted]` as the password for staging",
        ),
        ("hunter2 is the password.", "[redacted] is the password."),
        ("hunter2 was our password.", "[redacted] was our password."),
        (
            "**hunter2** as the password",
            "**[redacted]** as the password",
        ),
        ("(hunter2 as the password)", "([redacted] as the password)"),
        (
            "use 'correct horse' as the password",
            "use '[redacted]' as the password",
        ),
        ("hunter2, as the password", "[redacted], as the password"),
        (
            "ls\nhunter2 is the password\nls",
            "ls\n[redacted] is the password\nls",
        ),
        (
            "the key is here\nuse `hunter2` as the password, not `x` as the user",
            "the key is here\nuse `[redacted]` as the password, not `x` as the user",
        ),
        ("postgres://u:p://x@h/db", "postgres:[redacted]@h/db"),
        (
            "https://u:p@e.org and https://v:w@f.org",
            "https:[redacted]@e.org and https:[redacted]@f.org",
        ),
        (
            "https://bob:pa/ss@e.org and https://g.org/x@y",
            "https:[redacted]@e.org and https://g.org/x@y",
        ),
        ("<https://u:p@e.org>", "<https:[redacted]@e.org>"),
        (
            "ls\ncurl -u bob:hunter2 x\nls",
            "ls\ncurl -u [redacted] x\nls",
        ),
        ("curl -ubob:hunter2 x", "curl -u[redacted] x"),
        (
            "podman login -p hunter2 e.org",
            "podman login -p [redacted] e.org",
        ),
        ("mysql -psecret1 db", "mysql -p[redacted] db"),
        ("x --user=bob:hunter2 y", "x --user=[redacted] y"),
        ("x --auth=bob:hunter2 y", "x --auth=[redacted] y"),
        (
            "redis-cli -a swordfish ping",
            "redis-cli -a [redacted] ping",
        ),
        ("sqlcmd -P swordfish -Q x", "sqlcmd -P [redacted] -Q x"),
        ("curl -u 'bob:hunter2' x", "curl -u '[redacted]' x"),
        (
            "sent Bearer abc123def456 to it",
            "sent Bearer [redacted] to it",
        ),
        ("sent Bearer abc12345 to it", "sent Bearer [redacted] to it"),
        (
            "Authorization: Bearer abcdefgh",
            "Authorization: Bearer [redacted]",
        ),
        (
            "sent Bearer \"abc123def456\" to it",
            "sent Bearer \"[redacted]\" to it",
        ),
        (
            "sent basic abc123def456, then",
            "sent basic [redacted], then",
        ),
        (
            "see https://hooks.slack.com/services/T0/B0/x.",
            "see https:[redacted].",
        ),
        ("(https://hc-ping.com/0123-abcd)", "(https:[redacted])"),
        (
            "https://hc-ping.com/a https://hc-ping.com/b",
            "https:[redacted] https:[redacted]",
        ),
        (
            "https://e.org/?sig=AbCdEf0123456789&x=1",
            "https://e.org/?sig=[redacted]&x=1",
        ),
        (
            "https://e.org/?a=1&signature=AbCdEf0123456789ab) x",
            "https://e.org/?a=1&signature=[redacted]) x",
        ),
        (
            "Cookie: a=1; sid=abc12345; b=2",
            "Cookie: [redacted]; sid=[redacted]; b=2",
        ),
        (
            "Cookie: a=1; sid=abc1234; b=2",
            "Cookie: [redacted]; sid=abc1234; b=2",
        ),
        (
            "Set-Cookie: sid=abc123def456; Domain=e0.example.org; Path=/a/b/c/d0",
            "Set-Cookie: [redacted]; Domain=e0.example.org; Path=/a/b/c/d0",
        ),
        (
            "curl -b 'sid=abc123def456; t=1' https://e.org",
            "curl -b 'sid=[redacted]; t=1' https://e.org",
        ),
        (
            "--cookie \"sid=abc123def456\" x",
            "--cookie \"[redacted]\" x",
        ),
        ("Cookie: sid=abcdefghij", "Cookie: [redacted]"),
        ("Cookie: sid=$SESSION12", "Cookie: [redacted]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- and -----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "[redacted] and -----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        ),
        ("scp bob:hunter2@e.org:x y", "scp bob:[redacted]@e.org:x y"),
        (
            "scp bob:hunter2@localhost:x y",
            "scp bob:[redacted]@localhost:x y",
        ),
        (
            "a\nscp bob:hunter2@e.org:x \"c:d3@e.org\"",
            "a\nscp bob:[redacted]@e.org:x \"c:[redacted]@e.org\"",
        ),
        (
            "auth=(\"bob\", \"hunter two\")",
            "auth=(\"bob\", \"[redacted]\")",
        ),
        (
            "BasicAuth(\"bob\", \"hunter two\")",
            "BasicAuth(\"bob\", \"[redacted]\")",
        ),
        ("echo hunter2 | sudo -S ls", "echo [redacted] | sudo -S ls"),
        (
            "echo -n 'hunter two' | docker login --password-stdin",
            "echo -n '[redacted]' | docker login --password-stdin",
        ),
        (
            "ls\necho hunter2 | chpasswd\nls",
            "ls\necho [redacted] | chpasswd\nls",
        ),
        ("$2b$12$0123456789abcdefghij", "[redacted]"),
        (
            "log in with admin / hunter2",
            "log in with admin / [redacted]",
        ),
        ("log in as bob, hunter2", "log in as bob, [redacted]"),
        ("credentials: admin/hunter2", "credentials: [redacted]"),
        ("credentials: octo/hunter2", "credentials: [redacted]"),
        ("abc8Q~0123456789abcdefABCD", "[redacted]"),
        (
            "id 0123456789abcdef0123456789abcdef here",
            "id [redacted] here",
        ),
    ] {
        assert_eq!(redact(text), clean, "{text}");
    }
}

#[test]
fn what_is_just_no_secret_stays() {
    for text in [
        "use `abc123` as the token",
        "use `swordfish` as the token",
        "use `12345678901` as the token",
        "use `v1-2-abc9` as the token",
        "use `abc123def456` as the key",
        "use abc123 as the key",
        "use cache-v2-build as the key",
        "use `$TOKEN1` as the password",
        "use `required` as the password",
        "use `db_password` as the password",
        "admin / swordfish as the password",
        "use swordfish (password)",
        "admin / $PASS (password)",
        "admin / required (password)",
        "use `hunter2x` as the password hash",
        "use `hunter2x` as the password format",
        "hunter2 is password.",
        "x3y4 as nice password",
        "use '' as the password",
        "https://e.org:8080/a@b",
        "https://e.org/a@b",
        "https://$USER:$PASS@e.org",
        "foo -ubob:hunter2 x",
        "foo -p hunter2",
        "podman run -p 80:80 x",
        "mysql -pa1 db",
        "mysql -pabcdef db",
        "mysql -pa1:b2 db",
        "foo -psecret1 db",
        "x --user=bob y",
        "foo -a swordfish ping",
        "curl -u https://e.org x",
        "curl -u bob: x",
        "curl -u bob:$PASS x",
        "sent Bearer abcdefghi to it",
        "sent Bearer abc1234 to it",
        "Authorization: Bearer abcdefg",
        "forbearer abc123def456",
        "see https://hooks.slack.com/ for it",
        "x sig=AbCdEf0123456789 y",
        "https://e.org/?sig=AbCdEf012345678&x=1",
        "scp bob:hunter2@host:x y",
        "scp :hunter2@e.org:x y",
        "scp bob:swordfish@e.org:x y",
        "auth=(\"bob\", \"\")",
        "echo hunter2 | tee x",
        "$2b$12$0123456789abc",
        "log in with admin / swordfish",
        "log in as bob, hunt2",
        "abc8Q~0123456789abcdefABC",
        "abcdQ~0123456789abcdefABCD",
        "trace 0123456789abcdef0123456789abcdef here",
        "id 0123456789abcdef0123456789abcde here",
        "id abcdefabcdefabcdefabcdefabcdefab here",
        "id 01010101010101010101010101010101 here",
    ] {
        assert_eq!(redact(text), text);
    }
}
