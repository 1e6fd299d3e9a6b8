use super::*;

#[test]
fn what_looks_like_a_secret_is_taken_out() {
    let hex = "0123456789abcdef0123456789abcdef01234567";
    let base64 = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
    for (text, clean) in [
        (
            "push with ghp_0123456789abcdefABCDEF failed".to_owned(),
            "push with [redacted] failed",
        ),
        (
            "GH_TOKEN=ghp_0123456789abcdefABCDEF".to_owned(),
            "GH_TOKEN=[redacted]",
        ),
        (
            "(github_pat_11ABCDEFG0123456789_abc)".to_owned(),
            "([redacted])",
        ),
        ("xoxb-123456789012-abc.".to_owned(), "[redacted]."),
        (
            "Authorization: Bearer abc.def-ghi".to_owned(),
            "Authorization: Bearer [redacted]",
        ),
        (
            "authorization: basic dXNlcjpwYXNz".to_owned(),
            "authorization: basic [redacted]",
        ),
        (
            "git clone https://user:pass@example.org/x.git".to_owned(),
            "git clone https:[redacted]@example.org/x.git",
        ),
        (
            "postgres://app:p%40ss!w@db:5432/x".to_owned(),
            "postgres:[redacted]@db:5432/x",
        ),
        (
            "https://token@example.org/".to_owned(),
            "https:[redacted]@example.org/",
        ),
        (format!("api_key: {}", &hex[..32]), "api_key: [redacted]"),
        (
            format!("with {} in it", &hex[..32]),
            "with [redacted] in it",
        ),
        (format!("key {base64} here"), "key [redacted] here"),
        (
            "curl https://hooks.slack.com/services/T00/B00/abcdef".to_owned(),
            "curl https:[redacted]",
        ),
        ("password=hunter2 and".to_owned(), "password=[redacted] and"),
        (
            "{\"password\": \"hunter2\"}".to_owned(),
            "{\"password\": \"[redacted]\"}",
        ),
        (
            "DB_PASSWORD: correcthorse".to_owned(),
            "DB_PASSWORD: [redacted]",
        ),
        ("password: hunterxx".to_owned(), "password: [redacted]"),
        ("AKIAIOSFODNN7EXAMPLE".to_owned(), "[redacted]"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc".to_owned(),
            "[redacted]",
        ),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb".to_owned(),
            "a\n[redacted]\nb",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIE and no end".to_owned(),
            "[redacted]",
        ),
    ] {
        assert_eq!(redact(&text), clean, "{text}");
    }
}

/// Forms of secrets, with `%` where the secret begins and ends. Nothing between two of them may be left.
const FORMS: &[&str] = &[
    // Marks.
    "%sk_live_4eC39HqLyjWDarjtT1zdp7dc%",
    "%rk_live_51HxYzAbCdEfGhIjKlMnOpQr%",
    "%whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw%",
    "VAULT: %hvb.AAAAAQJg7Z8f0hN3kQ2lWmXyZ% and %hvs.CAESIJlWh5Zk3yRb1Qp0%",
    "%dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef%",
    "%shpat_0123456789abcdef0123456789abcdef%",
    "%key-0123456789abcdef0123456789abcdef%",
    "%SK0123456789abcdef0123456789abcdef%",
    "%HRKU-AAJdYk3fQ0Zk9s8f7d6a5s4d3f2g1h0%",
    "%MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs%",
    "%110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0%",
    "https:%//api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0/getMe%",
    "https:%//discord.com/api/webhooks/123456789012345678/abcDEF_ghi-JKL%",
    "%AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQS%",
    "%gldt-AbCdEfGhIjKlMnOpQrSt%, %glpat-AbCdEfGhIjKlMnOpQrSt%",
    "%glrt-t1_AbCdEfGhIjKlMnOpQrSt%",
    "%npm_abcdefghij0123456789ABCDEFGHIJ012345%",
    "%pypi-AgEIcHlwaS5vcmcCJDU2NzA0%",
    "%sk-ant-api03-AbCdEfGhIjKl0123456789%",
    "%sk-proj-AbCdEfGhIjKlMnOpQrSt%",
    "%AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q%",
    "%ya29.a0AfH6SMBx0123456789abcdef%",
    "%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%",
    "%eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP_mB92K27uhbUJU1p1r%",
    "a token %ghp_01234567\u{200B}89abcdefABCDEF% split",
    "%gl\u{2060}pat-AbCdEfGhIjKlMnOpQrSt%",
    // Commands and addresses.
    "curl -u %bob:hunter2% https://e.org",
    "curl -u '%bob:hunter two2%' https://e.org",
    "curl --user %bob:pass%word https://e.org",
    "curl -s -ubob:%hunter2%",
    "docker login -u bob -p %hunter2% registry.e.org",
    "sshpass -p %abc% ssh host",
    "mysql -uroot -p%s3cr3t% db",
    "machine e.org login bob password %hunter2%",
    "machine e.org\nlogin bob\npassword %hunter2%",
    "{\"auths\": {\"e.org\": {\"auth\": \"%dXNlcjpwYXNz%\"}}}",
    "postgres://%app:p%@db",
    "redis://%:hunter2%@cache:6379/0",
    "https://e.org/?a=1&token=%abcdef123%&b=2",
    "https://x.blob.core.windows.net/c?sv=2022&sig=%AbCdEf0123456789AbCdEf%",
    "AccountName=x;AccountKey=%AbCdEf0123456789+/AbCdEf0123456789==%;EndpointSuffix=y",
    "mongodb+srv://%user:pa/ss%@cluster0.e.org/test",
    // Names.
    "DB_PASS=%abcxyz%",
    "pw: %hunter2%",
    "%0123456789abcdef0123456789abcdef-01234567-89abcdef%",
    "password is: %Winter2024!%",
    "export API_TOKEN=%abc123def%",
    "$env:API_TOKEN = '%abc 123 def%'",
    "ENV API_TOKEN %abc123def%",
    "set -x DB_PASSWORD %correcthorse%",
    "--password %hunter2% --port 5",
    "--api-key=%abc123def%",
    "X-Api-Key: %abc123def456%",
    "PRIVATE-TOKEN: %abc123def456%",
    "Authorization: token %abc123def456%",
    "Authorization: Bearer %abc.def-ghi%",
    "//registry.npmjs.org/:_authToken=%abc123def456%",
    "password => '%hunter two%',",
    "\"db_password\" : \"%hunter two%\"",
    "{\\\"password\\\":\\\"%hunter2%\\\"}",
    "<password>%hunter2%</password>",
    "<add key=\"ApiToken\" value=\"%abc123def%\"/>",
    "- name: API_TOKEN\n  value: %abc123def%",
    "{\"name\": \"API_TOKEN\", \"value\": \"%abc123def%\"}",
    "PGPASSWORD=%hunter2% psql",
    "CREATE USER bob WITH PASSWORD '%correct horse%'",
    "password: %12345678%",
    "passphrase: \"%correct horse battery%\"",
    "aws_secret_access_key = %wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY%",
    "client_secret: %abcDEF123~x%",
    "clientSecret: '%abcDEF123~x%'",
    // Prose.
    "the password is %hunter2%.",
    "The password for the staging database is %hunter2%, use it",
    "The password is `%correct horse%`",
    "password is \"%swordfish%\"",
    "I changed the password to %Tr0ub4dor&3%",
    "password was: %hunter2%",
    "log in as bob, password %hunter2%",
    "The passphrase is %correcthorse%.",
    "the token is %abc123def456%",
    "use `%hunter2%` as the password",
    "Use %Winter2024!% as the admin password.",
    "with \"%swordfish%\" as your password, it works",
    "%hunter2% is the password for staging",
    "login with admin / %hunter2% (password)",
    "login with admin / %swordfish% (password)",
    "Log in with `admin` / `%hunter2%`.",
    "log in as admin/%hunter2% first",
    "sign in with bob and %hunter2%",
    "creds: bob:%hunter2%",
    "credentials are bob@e.org / %Tr0ub4dor&3%",
    "the password's %hunter2%",
    "the password is now set to %hunter2%",
    "password -> %hunter2%",
    "password → %hunter2%",
    "the password (%hunter2%) works",
    "password – %hunter2%",
    "| password | %hunter2% |",
    "password for bob: %hunter2%",
    "pw %hunter2%",
    "Passwort: %hunter2%",
    "Das Passwort ist %hunter2%",
    "mot de passe : %hunter2%",
    "contraseña: %hunter2%",
    "пароль: %hunter2%",
    "密码：%hunter2%",
    "パスワード: %hunter2%",
    // The value below.
    "password:\n  %hunter2%\n",
    "password: |\n  %hunter two2%\n",
    "db:\n  password: >-\n    %correcthorse%\n  port: 5",
    "{\"password\":\n   \"%hunter two%\"}",
    "api_token:\n  %abc123def456%",
    "Password:\n\n%hunter2%\n",
    "The password:\n```\n%hunter2%\n```",
    // Credentials beside each other.
    "scp bob:%hunter2%@e.org:/tmp/x .",
    "jdbc:oracle:thin:scott/%tiger%@e.org:1521",
    "requests.get(url, auth=('bob', '%hunter two%'))",
    "CREATE USER 'bob' IDENTIFIED BY '%correct horse%'",
    "echo %hunter two% | docker login -u bob --password-stdin",
    "echo -n '%hunter2%' | sudo -S id",
    "bob:%$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy%",
    "Cookie: session=%abc123def456%; theme=dark; sid=%deadbeef0123%",
    "Set-Cookie: sid=%abc123def456%; Path=/; HttpOnly",
    "curl -b 'session=%abc123def456%' https://e.org",
    "redis-cli -a %hunter2% ping",
    "curl --oauth2-bearer %abc123def456% https://e.org",
    "client.password(\"%hunter2%\")",
    "password: %$ecret123%",
    "DB_PASSWORD=%pa&ss,w)rd1%",
    "export DB_PASSWORD=%pa;ss1%",
    "SECRET_KEY_BASE=%0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef%",
    "PHPSESSID=%abc123def456%",
    "client-key-data: %LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NBUUVB%",
    "key %LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0KYjNCbGJuTnphQzFyWlhr% here",
    ".dockerconfigjson: %eyJhdXRocyI6eyJlLm9yZyI6eyJhdXRoIjoiZFhObGNqcHdZWE56In19fQ==%",
    "https://e.org/x?Expires=1&Signature=%AbCdEf0123456789AbCdEf%&Key=y",
    "https://acme%.webhook.office.com/webhookb2/abc@def/IncomingWebhook/123%",
    // Terminals and escapes.
    "\u{1b}[31m%ghp_0123456789abcdefABCDEF%\u{1b}[0m",
    "token \u{1b}[1m%ghp_0123456789abcdefABCDEF%",
    "done\r%ghp_0123456789abcdefABCDEF%",
    "A=1\0GH=%ghp_0123456789abcdefABCDEF%",
    "{\"out\": \"x\\n%ghp_0123456789abcdefABCDEF%\\n\"}",
    "\\u003d%ghp_0123456789abcdefABCDEF%",
    "%gh\u{AD}p_0123456789abc\u{FEFF}defABCDEF%",
    "pass\u{200B}word=%hunter2%",
    // Shapes.
    "%abc8Q~0123456789abcdefABCDEF0123456789%",
    "%CCIPAT_0123456789abcdefABCDEF%",
    "%LTAI5tAbCdEfGhIjKlMn%",
    "%secret_0123456789abcdefABCDEF0123456789abcdefABC%",
    "HEROKU_API_KEY=%01234567-89ab-cdef-0123-456789abcdef%",
    "secret %aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9n% here",
    "key: %0123456789abcdef0123456789abcdef%",
];

#[test]
fn no_form_of_a_secret_is_let_through() {
    let mut let_through = Vec::new();
    for form in FORMS {
        let text = form.replace('%', "");
        let clean = redact(&text);
        let is_left = |part: &str| {
            let part: String = part
                .chars()
                .filter(|c| !"\u{200B}\u{2060}\u{AD}\u{FEFF}".contains(*c))
                .collect();
            clean.contains(&part)
        };
        let is_wrong = !clean.contains(REDACTED)
            || form.split('%').skip(1).step_by(2).any(is_left)
            || redact(&clean) != clean;
        if is_wrong {
            let_through.push(format!("{text}\n{clean}"));
        }
    }
    assert!(let_through.is_empty(), "{}", let_through.join("\n\n"));
    assert!(FORMS.len() > 120);
}

/// Messages as agents and machines write them. Nothing in them is secret.
const ORDINARY: &[&str] = &[
    "Pushed 4f1c2b7a9d8e7f60514233241506f7e8d9cafbec to main.",
    "Merge commit 4f1c2b7 into 9d8e7f605142",
    "image ghcr.io/octo-org/widgets@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "Digest: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "checksum = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
    "thread 7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d ended",
    "\"integrity\": \"sha512-5cvg6CtKwfgdmVqY1WIiXKc3Q1bkRqGLi+2W/6ao+6Y7gu/RCwRuAhGEzh5B4KlszSuTLgZYuqFqo5bImjNKng==\"",
    "SHA256:uNiVztksCsDhcc0u9e8BrQXVUpKZIqLyvHbaKxdcC5g git@e.org",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl bob@e.org",
    "assert_eq!(decode(\"SGVsbG8gd29ybGQhIFRoaXMgaXMgYSB0ZXN0IG9mIGJhc2U2NCBkYXRhLg==\"), text)",
    "src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\"",
    "md5: d41d8cd98f00b204e9800998ecf8427e",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7",
    "testLongNamesOfFunctionsThatHave1NumberAreNotSecretsAtAll failed",
    "com.example.widgets.internal.ConfigurationLoader2ImplementationFactoryBean",
    "error: unexpected token: else",
    "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    "error: invalid token: signature verification failed",
    "the token is missing from the request",
    "The password is required and must be at least 12 characters",
    "password is incorrect",
    "the password is stored hashed with argon2id",
    "fn login(user: &str, password: &str) -> Result<Token, Error>",
    "password: String, token: Option<String>,",
    "interface Props { password: string; token?: string }",
    "let token = self.tokens.next();",
    "const token = await getToken(user);",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "GH_TOKEN=$GITHUB_TOKEN gh pr list",
    "export API_TOKEN=<your token>",
    "password: \"********\"",
    "max_tokens=4096, tokens: 12345",
    "tests: pass: 12, fail: 3",
    "pass 1 of 2, token 3 of 9",
    "parser: token kind is Identifier at 3:14",
    "Added a key to the map; the primary key is id",
    "sort by key: name",
    "cache key: linux-cargo-v2-build",
    "key-value pairs, sk-SK locale, hf_hub_download_with_retries_and_more",
    "task_id = npm_run_build_and_then_run_all_tests",
    "Basic authentication is not supported; bearer authentication is.",
    "curl -s https://e.org/repos/12/pipeline/34 | jq .",
    "curl -u \"$USER:$TOKEN\" https://e.org",
    "docker run -p 8080:80 nginx",
    "mkdir -p /tmp/target && cp -u a b",
    "see https://ci.example.org/repos/12/pipeline/34#step-5?x=y",
    "https://github.com/octo-org/widgets/commit/4f1c2b7a9d8e7f60514233241506f7e8d9cafbec",
    "ssh://git@github.com/octo-org/widgets",
    "git@github.com:octo-org/widgets.git, mail someone@example.org",
    "http://127.0.0.1:8080 is up, says someone@example.org",
    "12:30:45 INFO 110201543: started",
    "/home/runner/work/Widgets/Widgets/node_modules/left2pad/dist/index-4f1c2b7a.min.js",
    "Cargo.lock, AKIA.md, eyJ.txt, ghp_.rs",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "Set-Cookie is not sent; the cookie is fine",
    "the auth flow: redirect, then callback",
    "auth: middleware order fixed",
    "author: bob, oauth: enabled",
    "Refs octo-org/widgets#7, Afk-Run: 7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d",
    "secret scanning is on; no secret is in the diff",
    "The secret `db-credentials` is missing in namespace widgets",
    "use `bob` as the user and run it as root",
    "bcrypt is used as the password hash",
    "Use `argon2id` as the password hash; `DB_PASSWORD` is the password variable",
    "The page asks for the password again; the token was refreshed",
    "Log in as admin / root, then open src/main.rs",
    "sign in with octo-org/widgets2 and retry",
    "credentials: missing",
    "login: redirect / callback order fixed",
    "password:\n  valueFrom:\n    secretKeyRef:\n      name: db",
    "password:\n  must be at least 12 characters",
    "token:\n  required: true",
    "errors:\n  password:\n    - too short",
    "| Password | Description |\n|---|---|\n| required | text |",
    "echo hello | tee out.txt",
    "npm:left-pad@1.2.3, docker:27-dind@sha256:e3b0c442, actions/checkout@v4.2.2",
    "PWD=/home/runner/work OLDPWD=/tmp",
    "Cookie: theme=dark; lang=en",
    "curl -b cookies.txt https://e.org",
    "password (min 12 characters), token (JWT)",
    "password - required, token - optional",
    "impasse: none; passed: 12",
    "echo $PASSWORD | docker login --password-stdin",
    "password=$DB_PASSWORD token=${TOKEN} pass=$1",
    "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM1ekNDQWMrZ0F3SUJBZ0lCQURBTg==",
    "the session id is logged, the recovery code is shown once",
    "Downloaded left2pad-1.2.3-py3-none-any.whl (12.3 kB), build cp312-cp312-manylinux_2_17_x86_64",
    "uuid 01234567-89ab-cdef-0123-456789abcdef, etag W/\"5f3c-18a2b3c4d5e\"",
    "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= and sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
    "go.sum h1:Kz6Cvnvv2wGdaG/V8yMvfkmNiXq9Ya2KUv4rouJJr68= golang.org/x/text",
    "2026-01-05T12:30:45.123456Z worker-7f9c6d5b8-x2x4z Started",
    "use AWS_REGION=eu-central-1 and RUST_LOG=debug",
    "assert_eq!(left, right) at src/domain/config/load/tests.rs:12:5",
    "Compiling serde v1.0.219; Finished in 12.34s",
    "fixed in 0123456789abcdef0123456789abcdef01234567..4f1c2b7a9d8e7f60514233241506f7e8d9cafbec",
];

#[test]
fn ordinary_messages_stay_readable() {
    /// How many of them may lose a word.
    const FALSE_ALARMS_MAX: usize = 1;
    let alarms: Vec<String> = ORDINARY
        .iter()
        .map(|text| redact(text))
        .filter(|clean| clean.contains(REDACTED))
        .collect();
    assert!(alarms.len() <= FALSE_ALARMS_MAX, "{alarms:#?}");
    assert!(ORDINARY.len() > 90);
}

#[test]
fn ordinary_text_stays_as_it_is() {
    for text in [
        "",
        "error[E0308]: mismatched types --> src/domain/config/load/tests.rs:12:5",
        "unexpected token: else",
        "The bearer of this message, basic as it is",
        "see https://ci.example.org/repos/12/pipeline/34#step-5?x=y",
        "http://127.0.0.1:8080 is up, says someone@example.org",
        "mail someone@example.org, commit 4f1c2b7a",
        "thread 7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d",
        "test_long_names_of_functions_that_Have_1_number_are_not_secrets ... FAILED",
        "/home/runner/work/Widgets/Widgets/node_modules/left2pad/dist/index",
        "-----BEGIN CERTIFICATE-----",
        "größer als ✓ 3\n\tindented",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn marked_tokens_are_seen_in_addresses_where_a_word_begins() {
    let token = "ghp_0123456789abcdef";
    for (address, expected) in [
        (format!("https://h/{token}"), true),
        (token.to_owned(), true),
        (format!("https://h/?a=%20{token}"), true),
        (format!("https://h/?a=%aF{token}&b"), true),
        ("https://h/ghp_0123456789abcde".to_owned(), false),
        ("https://h/ghp_0123456789abcde.f".to_owned(), false),
        ("https://h/ghp_01234567_9abc-ef".to_owned(), true),
        (format!("https://h/x{token}"), false),
        (format!("https://h/20{token}"), false),
        (format!("20{token}"), false),
        (format!("https://h/%2x{token}"), false),
        (format!("https://h/é%20{token}"), true),
        (format!("https://h/aé0{token}"), false),
        // The first of two may be too short, or inside a word.
        (format!("https://h/ghp_0/{token}"), true),
        (format!("https://h/x{token}/{token}"), true),
        ("https://h/".to_owned(), false),
    ] {
        assert_eq!(has_marked_token(&address), expected, "{address}");
    }
}

#[test]
fn terminal_colours_are_dropped() {
    assert_eq!(redact("\u{1b}[31mred\u{1b}[0m\r\n"), "red\n");
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken(text in "(\\PC|[\n:/@=\"]|://|Bearer |token|-----BEGIN PRIVATE KEY-----){0,40}") {
        let clean = redact(&text);
        assert!(!clean.contains(char::from(27)));
    }
}
