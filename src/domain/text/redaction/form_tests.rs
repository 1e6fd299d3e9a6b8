//! Forms of secrets whose sign is not beside them, and ordinary texts that look like these forms.

use super::redact;

/// With `¦` where the secret begins and ends; nothing between two of them may be left, and what is around stays.
pub(super) fn assert_taken(forms: &[&str]) {
    let mut wrong = Vec::new();
    for form in forms {
        let (mut text, mut expected) = (String::new(), String::new());
        for (index, part) in form.split('¦').enumerate() {
            text.push_str(part);
            expected.push_str(if index % 2 == 1 { "[redacted]" } else { part });
        }
        let clean = redact(&text);
        if clean != expected {
            wrong.push(format!("{text:?} became {clean:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing in these is secret.
pub(super) fn assert_left(texts: &[&str]) {
    let mut wrong = Vec::new();
    for text in texts {
        let clean = redact(text);
        if clean != *text {
            wrong.push(format!("{text:?} became {clean:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values_below_the_name_of_a_column_are_taken() {
    assert_taken(&[
        "| user | password |\n|---|---|\n| bob | ¦hunter2horse¦ |",
        "| user | password |\n|---|---|\n| bob | ¦hunterhorse¦ |\n| amy | ¦swordfish¦ |",
        "| **User** | **Password** | Role |\n|:--|:-:|--:|\n| bob | `¦hunter2horse¦` | admin |",
        "user | password\n---|---\nbob | ¦hunter2horse¦",
        " user | password\n------+----------\n bob  | ¦hunter2horse¦\n(1 row)",
        "+------+----------+\n| user | password |\n+------+----------+\n| bob  | ¦hunter2horse¦ |\n+------+----------+",
        "| name | api_token |\n|---|---|\n| ci | ¦a1b2c3d4e5f6g7h8¦ |",
        "| Account | DB password |\n|---|---|\n| bob | ¦hunter2horse¦ |",
        "user,password\nbob,¦hunter2horse¦",
        "user,password\nbob,¦hunterhorse¦\namy,¦swordfish¦\n\nDone.",
        "\"user\",\"password\",\"role\"\n\"bob\",\"¦hunter2,horse¦\",\"admin\"",
        "user;passwd\nbob;¦hunter2horse¦",
        "user\tpassword\nbob\t¦hunter2horse¦",
        "USER    PASSWORD       ROLE\nbob     ¦hunter2horse¦   admin",
        "login_uri,login_username,login_password\nhttps://e.org,bob,¦hunter2horse¦",
    ]);
}

#[test]
fn values_of_manifests_are_taken() {
    assert_taken(&[
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  db: ¦aHVudGVyMg==¦\n  other: ¦c3dvcmRmaXNo¦\n",
        "apiVersion: v1\ndata:\n  db: ¦aHVudGVyMg==¦\nkind: Secret\nmetadata:\n  name: db",
        "kind: Secret\nstringData:\n  url: ¦hunter2horse¦\n  user: \"¦bobby¦\"\ntype: Opaque",
        "kind: Secret\nstringData:\n  config.yaml: |\n    ¦line one¦\n    host: ¦swordfish¦\ntype: Opaque",
        "kind: ConfigMap\ndata:\n  level: debug\n---\nkind: Secret\ndata:\n  db: ¦aHVudGVyMg==¦",
        "items:\n- apiVersion: v1\n  data:\n    db: ¦aHVudGVyMg==¦\n  kind: Secret",
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"db\":\"¦aHVudGVyMg==¦\",\"x\":\"¦c3dvcmRmaXNo¦\"}}",
        "{\n  \"kind\": \"Secret\",\n  \"stringData\": {\n    \"db\": \"¦hunter2horse¦\"\n  }\n}",
        "{\\\"data\\\":{\\\"db\\\":\\\"¦aHVudGVyMg==¦\\\"},\\\"kind\\\":\\\"Secret\\\"}",
        "kubectl create secret generic db --from-literal=db=¦hunter2horse¦",
        "kubectl create secret generic db --from-literal db='¦hunter two¦' --from-literal=\"x=¦swordfish¦\"",
        "kubectl create secret generic db \\\n  --from-literal=db=¦hunterhorse¦ \\\n  --from-literal=x=¦swordfish¦",
    ]);
}

#[test]
fn values_with_types_in_three_quotes_and_encoded_are_taken() {
    assert_taken(&[
        "const apiKey: string = \"¦a1b2c3d4¦\"",
        "const password: string = '¦hunterhorse¦';",
        "let password: &'static str = \"¦hunterhorse¦\";",
        "let db_password: String = String::from(\"¦hunterhorse¦\");",
        "password: str | None = \"¦hunterhorse¦\"",
        "var password: String? = \"¦hunterhorse¦\"",
        "private password?: string = \"¦hunterhorse¦\"",
        "password = ¦b¦\"¦hunterhorse¦\"",
        "password = \"\"\"¦hunterhorse¦\"\"\"",
        "password = '''¦hunter horse¦'''",
        "password = \"\"\"¦\nhunter horse\nswordfish¦\"\"\"",
        "api_key: \"\"\"¦a1b2c3d4e5¦\"\"\"",
        "https://e.org/?next=%2Fcb%3Ftoken%3D¦a1b2c3d4e5¦%26x%3D1",
        "token%3D¦a1b2c3d4e5¦",
        "access_token%3d¦a1b2c3d4e5¦ and",
        "%7B%22password%22%3A%22¦hunterhorse¦%22%7D",
    ]);
}

#[test]
fn what_sentences_tell_is_taken() {
    assert_taken(&[
        "The password is:\n\n    ¦hunter2horse¦\n",
        "The password is:\n\n    ¦hunterhorse¦\n",
        "The password is:\n\n```\n¦hunter2horse¦\n```",
        "The password is:\n> ¦hunter2horse¦",
        "The new password is now:\n\n\t¦hunter2horse¦",
        "Das Passwort lautet:\n\n    ¦hunter2horse¦",
        "secret key - ¦a1b2c3d4e5¦",
        "Secret key: ¦a1b2c3d4e5¦",
        "API key is ¦a1b2c3d4e5¦.",
        "the token's value: ¦a1b2c3d4e5¦",
        "The token’s value is `¦a1b2c3d4e5¦`",
        "passphrase: ¦correct horse battery staple¦",
        "Passphrase = ¦correct-horse-battery-staple¦",
        "seed phrase: ¦legal winner thank year wave sausage worth useful legal winner thank yellow¦",
        "VAULT_ADDR is set, ¦s.Xk3JQ0fWm2bR8vTzLp5NcHyd¦ works",
        "wpa-psk \"¦hunter horse¦\"",
        "  wpa-psk ascii \"¦hunterhorse¦\"",
        "PIN: ¦492817¦",
        "The PIN is ¦4928¦.",
        "recovery codes: ¦a1b2-c3d4¦, ¦e5f6-a7b8¦",
        "Recovery codes:\n\n- ¦a1b2c3d4¦\n- ¦e5f6a7b8¦\n\nDone.",
        "backup codes are: ¦12345678¦ ¦23456789¦",
    ]);
}

#[test]
fn options_of_tools_are_taken() {
    assert_taken(&[
        "mongosh -u bob -p ¦hunterhorse¦ mongodb",
        "mongodump --host db -p '¦hunter horse¦' --db x",
        "unzip -P ¦hunterhorse¦ a.zip",
        "unzip -P¦hunter2¦ a.zip",
        "$ ldapsearch -x -D cn=admin -w ¦hunterhorse¦ -b dc=e",
        "htpasswd -b f bob ¦hunterhorse¦",
        "htpasswd -bc /etc/f bob ¦hunterhorse¦",
        "htpasswd -nb bob ¦hunterhorse¦",
        "smbclient -U 'bob%¦hunterhorse¦' //e/share",
        "smbclient //e/share --user=bob%¦hunterhorse¦",
        "keytool -list -storepass ¦hunterhorse¦",
        "openssl rsa -passin pass:¦hunterhorse¦ -in k.pem",
        "cd /x && unzip -P ¦hunterhorse¦ a.zip",
    ]);
}

#[test]
fn lines_of_credential_files_are_taken() {
    assert_taken(&[
        "localhost:5432:app:bob:¦hunterhorse¦",
        "db.e.org:*:*:postgres:¦hunter\\:horse¦",
        "echo 'db:5432:app:bob:¦hunterhorse¦' >> ~/.pgpass",
        "{\"github-oauth\":{\"github.com\":\"¦0123456789abcdef0123456789abcdef01234567¦\"}}",
        "{\"bearer\": {\"e.org\": \"¦hunterhorse¦\"}}",
        "{\"http-basic\": {\"e.org\": {\"username\": \"bob\", \"password\": \"¦hunterhorse¦\"}}}",
        "{\"gitlab-token\": {\"gitlab.com\": \"¦hunterhorse¦\", \"e.org\": \"¦swordfish¦\"}}",
        "composer config -g github-oauth.github.com ¦0123456789abcdef0123456789abcdef01234567¦",
        "credentials += Credentials(\"Realm\", \"host\", \"bob\", \"¦hunterhorse¦\")",
        "Credentials(\"Realm\",\"host\",\"bob\",\"¦hunterhorse¦\")",
        "x Credentials(\"Realm\",\"host\",\"bob\",\"¦hunterhorse¦\"), Credentials(\"R\",\"h\",\"amy\",\"¦swordfish¦\")",
        "db:*:app:bob:¦hunterhorse¦",
        "db:1000:app:bob:¦hunterhorse¦\ndb:5432:app:amy:¦swordfish¦",
        "(\"db:5432:app:bob:¦hunterhorse¦\")",
        "{\"gitlab-token\": {}, \"bearer\": {\"e.org\": \"¦hunterhorse¦\"}}",
        "{\"github-oauth\":{\"github.com\":\"¦hunterhorse¦\"},\"github-oauth\":{\"e.org\":\"¦swordfish¦\"}}",
        "composer config github-oauth.github.com ¦swordfishesandhorses¦ && ls",
        "composer config gitlab-oauth.e.org\t¦swordfishesandho¦",
    ]);
}

#[test]
fn ordinary_texts_stay_as_they_are() {
    let mut wrong = Vec::new();
    for text in [
        // Files of credentials that are none.
        "localhost:80:app:bob:hunterhorse",
        "db:5432:app::hunterhorse",
        "db:5432:5:bob:hunterhorse",
        ":5432:app:bob:hunterhorse",
        "composer config github-oauth.github.com token",
        "composer config github-oauth.github swordfishesandhorses",
        "composer config github-oauth.github.com",
        "Credentials(\"Realm\", \"host\", \"bob\")",
        "s.aaaaaaaaaaaaaaaaaaaaaaaa",
        "is.Ab1Ab1Ab1Ab1Ab1Ab1Ab1Ab1(x)",
        "if token == Token::Eof {}",
        "if token == Token::Eof { return }",
        "while token == TokenKind::Comma {",
        "assert(token === Token.Eof)",
        "if (token == other_token) return;",
        "if password == confirmation {",
        // Tables and lists.
        "| Token | Meaning |\n|---|---|\n| Eof | end of file |\n| Comma | a comma |",
        "| Field | Password required |\n|---|---|\n| login | yes |\n| logout | no |",
        "| Case | Password |\n|---|---|\n| missing | none |\n| short | too short |",
        "| Test | Result |\n|---|---|\n| password_reset | passed |",
        "| Token | Count |\n|---|---|\n| identifier | 12 |",
        "Enter your username, password\nand email, then go on.",
        "user, password,\nhost, port,",
        "fn login(user, password)\nfn logout(user, session)",
        "SELECT user, password\nFROM accounts, roles",
        "import user, password\nimport host, port",
        "Options:\n  --password    the password\n  --http2       use HTTP/2",
        "user     the new password\nhost2    x1y2z3w4",
        // Manifests.
        "kind: ConfigMap\ndata:\n  level: debug\n  mode: fast",
        "{\"kind\":\"ConfigMap\",\"data\":{\"level\":\"debug\"}}",
        "kind: SecretStore\nspec:\n  data:\n    x: y",
        "kind: Secret\nmetadata:\n  name: db\ntype: Opaque",
        "kind: Secret\ndata:\n  db: {{ .Values.db }}",
        "kubectl create configmap c --from-literal=level=debug",
        "kubectl create secret generic db --from-literal=db=$DB",
        "kubectl create secret generic db --from-file=db=./db.txt",
        // Types.
        "password: string",
        "function login(user: string, password: string): boolean {",
        "let password: String = read_line()?;",
        "const tokenKind: string = \"identifier\"",
        "password: Optional[str] = None",
        "token: str = \"\"",
        "pub token: Option<String>,",
        "See https://e.org/?next=%2Ftoken%2Flist",
        // Sentences.
        "The password is:\n\n- at least eight characters long\n- not empty",
        "The password rules are:\n\n    at least 8 characters",
        "The token is:\n\n    missing",
        "The secret key is stored in the vault.",
        "API key - optional",
        "The api key is read from the environment.",
        "passphrase: must be at least twenty characters",
        "The passphrase is read from the terminal",
        "pin: 13",
        "Pin the version: 1.2.3",
        "GPIO PIN: 4",
        "pin 4921 to the board",
        "The recovery code path is tested: see tests/recovery.rs",
        "Recovery codes: not implemented yet",
        "Recovery code: the handler now retries twice.\n\nCommit a1b2c3d4 has it.",
        "Recovery codes:\n\nCommit a1b2c3d4 has them.",
        "results.map and s.someMethodOfTheTestSuite()",
        // Commands and places.
        "mkdir -p data/logs",
        "mongosh --eval x && mkdir -p data",
        "unzip -o a.zip -d out",
        "use unzip -P to pass a password",
        "ldapsearch -x -w $PASS",
        "htpasswd -c f bob",
        "smbclient -U bob //e/share",
        "openssl rsa -passin env:PASS -in k.pem",
        "cp -p a b",
        "src/main.rs:1200:5:error:unexpected",
        "main.rs:1200:5: error: x",
        "12:30:45:00:11",
        "at 2026-11-29T10:00:00 in a:b:c:d:e",
        "00:1a:2b:3c:4d:5e",
        "Credentials(\"Realm\", \"host\")",
        "a bearer of news: {\"x\": 1}",
    ] {
        let clean = redact(text);
        if clean != text {
            wrong.push(format!("{text:?} became {clean:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_that_go_on_behind_their_word_are_names_of_secrets() {
    assert_taken(&[
        "DB_PASSWORD_STAGING=¦swordfishes¦",
        "PASSWORD_PROD=¦swordfishes¦",
        "API_KEY_PROD=¦a1b2c3d4e5¦",
        "GITHUB_TOKEN_RO=¦a1b2c3d4e5¦",
        "GITHUB_TOKEN_2=¦a1b2c3d4e5¦",
        "SECRET_KEY_1=¦a1b2c3d4e5¦",
        "SECRET1=¦a1b2c3d4e5¦",
        "JWT_SECRET_OLD=¦a1b2c3d4e5¦",
        "API_TOKENS=¦a1b2c3d4e5,f6g7h8i9j0¦",
        "ADMIN_PASSWORDS=¦swordfishes¦",
        "CREDS=¦bob:swordfishes¦",
        "TOKEN_GITHUB=¦a1b2c3d4e5¦",
        "PASSWORD_SALT=¦a1b2c3d4e5¦",
        "export DB_PASSWORD_STAGING=\"¦sword fishes¦\"",
        "db.password.prod=¦swordfishes¦",
        "passwordProd: '¦swordfishes¦'",
        "{\"password_prod\": \"¦swordfishes¦\"}",
        "- name: DB_PASSWORD_STAGING\n  value: ¦swordfishes¦",
        "\"AccessKeyId\": \"¦ASIAGMOWJGQIHFEOFKXW¦\"",
        "| user | password_prod |\n|---|---|\n| bob | ¦hunter2horse¦ |",
    ]);
}

#[test]
fn names_in_other_languages_are_names_of_secrets() {
    assert_taken(&[
        "şifre: ¦swordfishes¦",
        "heslo: ¦swordfishes¦",
        "Jelszó: ¦swordfishes¦",
        "salasana: ¦swordfishes¦",
        "Mật khẩu: ¦swordfishes¦",
        "kata sandi: ¦swordfishes¦",
        "Kata sandi adalah: ¦swordfishes9¦",
        "كلمة المرور: ¦swordfishes¦",
        "سيرفر، كلمة السر: ¦swordfishes¦",
        "סיסמה: ¦swordfishes¦",
        "รหัสผ่าน: ¦swordfishes¦",
        "पासवर्ड: ¦swordfishes¦",
        "口令：¦swordfishes¦",
        "密码是 ¦swordfishes9¦",
        "비밀번호는 ¦swordfishes9¦",
    ]);
}

#[test]
fn what_is_told_about_secrets_stays() {
    assert_left(&[
        "TOKENS=4096",
        "MAX_TOKENS=200k",
        "max_tokens: 200k",
        "token_count: 12345, token_limit: 200k",
        "tokens: foo_bar1",
        "DB_PASSWORD_FILE=/run/secrets/db2",
        "TOKEN_TTL=900seconds1",
        "SECRET_NAME=db-credentials-12345678",
        "PASSWORD_MIN_LENGTH=12characters",
        "API_KEY_HEADER=X-Api-Key-V2",
        "token2: Ident(foo)",
        "first pass: lint2, pass2: types3",
        "password_test: skipped",
        "test_password_2 ... FAILED",
        "xuất khẩu: swordfishes",
        "secrets: inherit",
    ]);
}

#[test]
fn what_stands_behind_a_scheme_of_authorization_is_taken() {
    assert_taken(&[
        "curl -H 'Authorization: GenieKey ¦a1b2c3d4-e5f6a7b8¦' https://e.org",
        "Authorization: Klaviyo-API-Key ¦pk_a1b2c3d4e5f6a7b8¦",
        "Authorization: Splunk ¦25bb94a7-d35c-421b-821b-4ee5cbd332e8¦",
        "> Authorization: OAuth ¦WyPEA3mmRzdBC2Cc5Hum¦",
        "Authorization: AWS ¦AKIDEXAMPLE:CQyUKLDpATFfqm6Dzp7GNVktMU5=¦",
        "Authorization: Key ¦25bb94a7-d35c-421b-821b-4ee5cbd332e8:a1b2c3d4¦",
        "Authorization: AWS4-HMAC-SHA256 ¦Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=857785a3d9ef1c52¦",
        "Authorization: OAuth ¦oauth_consumer_key=\"abc\", oauth_token=\"def\", oauth_signature=\"CQyUKLDp\"¦",
        "curl -H \"Authorization: OAuth ¦oauth_token=\\\"def\\\", oauth_signature=\\\"CQyUKLDp\\\"¦\" https://e.org",
        "{\"Authorization\": \"SSWS ¦swordfishes¦\"}",
        "{\\\"Authorization\\\": \\\"GenieKey ¦a1b2c3d4e5f6\\\"}¦",
        "headers = {'Authorization': 'Bot ¦Tkt08U4R.9b3mUX.CQyUKLDp¦'}",
        "Proxy-Authorization: NTLM ¦TlRMTVNTUAABAAAAl4II4g==¦",
        ".header(\"Authorization\", \"token ¦swordfishes9x¦\")",
        "req.Header.Set(\"Authorization\", \"GenieKey ¦swordfishes9x¦\")",
        "req.Header.Set(\"X-Api-Key\", \"¦swordfishes9¦\")",
    ]);
    for (text, clean) in [
        (
            "Authorization: GenieKey a1b2c3d4-e5f6a7b8 was refused",
            "Authorization: GenieKey [redacted] was refused",
        ),
        (
            "curl -H 'Authorization: SSWS swordfishes' https://e.org",
            "curl -H 'Authorization: SSWS [redacted]' https://e.org",
        ),
        (
            "curl -H 'Authorization: AWS4-HMAC-SHA256 Credential=a, Signature=b' https://e.org",
            "curl -H 'Authorization: AWS4-HMAC-SHA256 [redacted]' https://e.org",
        ),
    ] {
        assert_eq!(redact(text), clean);
    }
}

#[test]
fn commands_that_store_a_secret_lose_it() {
    assert_taken(&[
        "gh secret set DEPLOY_TOKEN --body '¦pw9¦'",
        "gh secret set DEPLOY_TOKEN --repo o/r --body ¦swordfishes¦",
        "gh secret set DB -b \"¦sword fishes¦\" && gh secret set X --body=¦pw9x¦",
        "gh secret set -b ¦pw9¦ DB",
        "pulumi config set --secret dbPassword ¦pw9¦",
        "aws ssm put-parameter --name /db --value ¦swordfishes¦ --type SecureString",
        "aws secretsmanager create-secret --name db --secret-string ¦swordfishes¦",
        "aws secretsmanager put-secret-value --secret-string '¦{\"u\":\"bob\"}¦'",
        "az keyvault secret set --vault-name v --name db --value ¦swordfishes¦",
        "poetry config http-basic.foo bob ¦swordfishes¦",
        "poetry config pypi-token.pypi ¦swordfishes¦",
        "fly secrets set FOO=¦swordfishes¦ BAR='¦pw 9¦'",
        "echo '--password', '¦swordfishes¦'",
        "['--password', '¦swordfishes¦']",
        "[\"x\",\"--api-key\",\"¦a1b2c3d4¦\"]",
        "password: &pw ¦swordfishes¦",
        "password: !unsafe ¦swordfishes¦",
        "password: !!str |\n  ¦swordfishes¦\n",
    ]);
    assert_eq!(
        redact("pulumi config set --secret dbPassword pw9"),
        "pulumi config set --secret dbPassword [redacted]"
    );
    assert_eq!(
        redact("gh secret set DEPLOY_TOKEN --body pw9"),
        "gh secret set DEPLOY_TOKEN --body [redacted]"
    );
}

#[test]
fn what_stands_beside_no_secret_stays() {
    assert_left(&[
        "Authorization: none",
        "Authorization: GenieKey $KEY",
        "-H \"Authorization: GenieKey ${KEY}\"",
        "Authorization: checks moved to middleware2",
        "Authorization: uses JWT2",
        "Authorization: requires OAuth2.0 now",
        "Authorization: Bearer <token>",
        "The Authorization header is missing.",
        "gh secret set DEPLOY_TOKEN --body \"$TOKEN\"",
        "gh secret set DEPLOY_TOKEN < token.txt",
        "gh secret list --repo o/r",
        "aws ssm put-parameter --name /db --value $DB",
        "aws secretsmanager create-secret --secret-string file://db.json",
        "password: !vault |",
        "password: !Ref DbPassword2",
        "password: !Sub '${X}'",
        "password: &x y",
        "fn login(password: &str, token: &Token)",
        "cmd --password --user bob",
        ".rename_column(\"password\", \"password_hash\")",
        "exclude(\"password\", \"salt2long\", \"x\")",
        "[\"password\", \"salt2long\"]",
    ]);
}

#[test]
fn credentials_of_commands_are_taken() {
    assert_taken(&[
        "curl -su ¦admin:swordfishes¦ https://e.org",
        "curl -ksu ¦admin:swordfishes¦ https://e.org",
        "curl -sSLu ¦admin:swordfishes¦ https://e.org",
        "curl -su¦admin:swordfishes¦ https://e.org",
        "curl https://e.org \\\n  -u ¦admin:swordfishes¦",
        "http -a ¦bob:swordfishes¦ https://e.org",
        "I ran it with `-u ¦bob:swordfishes9`.¦",
        "nerdctl login -u bob -p ¦swordfishes¦ e.org",
        "crane auth login e.org -u bob -p ¦swordfishes¦",
        "oras login -u bob -p ¦swordfishes¦ e.org",
        "twine upload -u __token__ -p ¦swordfishes¦ dist/*",
        "az acr login -n x -u bob -p ¦swordfishes¦",
        "helm registry login e.org -u bob -p ¦swordfishes¦",
        "redis-cli --pass ¦swordfishes¦ ping",
        "[\"mysql\",\"-p¦swordfishes9¦\"]",
        "[\"mysql\", \"-u\", \"root\", \"-p¦swordfishes9¦\"]",
        "subprocess.run([\"docker\",\"login\",\"-p\",\"¦x9¦\"])",
        "['mongosh', '-p', '¦swordfishes¦']",
        "docker login -u bob --password-stdin <<< ¦swordfishes¦",
        "sudo -S ls <<< '¦sword fishes¦'",
        "echo -n ¦swordfishes¦ | gcloud secrets create x --data-file=-",
        "printf ¦swordfishes¦ | docker secret create db -",
        "echo ¦swordfishes¦ | wrangler secret put DB",
        "echo \"¦swordfishes¦\" | gh secret set DB",
        "machine e.org\nlogin bob\npassword ¦swordfishes¦\nmachine f.org",
        "machine e.org\n\tlogin bob\n\tpassword ¦swordfishes¦",
        "default\nlogin bob\npassword ¦swordfishes¦",
        "{\"url\":\"postgres:¦\\/\\/u:swordfishes¦@h\\/db\"}",
        "new NetworkCredential(\"bob\", \"¦swordfishes¦\")",
        "req.basic_auth 'bob', '¦swordfishes¦'",
        ".basic_auth(\"bob\", Some(\"¦swordfishes¦\"))",
        "requirepass ¦swordfishes¦",
        "port 6379\nmasterauth \"¦swordfishes¦\"\n",
        "redis-server --requirepass ¦swordfishes¦ --port 1",
        "CONFIG SET requirepass ¦swordfishes¦",
        "https:¦//hooks.slack-gov.com/services/T0/B0/abcdef¦",
        "v1.¦0-807aaa6e048a5b72a432a0ad-32843bf1ee4119822dfbcfa25e7577ea0308f9a48708ce9134d35d8db5c3109e932f47f9f3ce214d9c8cab46978dc298ba13331042a090c0d1e4fb133dd4d6ebed5b4becf106bf2621¦",
        "¦pathGvzl6LwT4HFI6.857785a3d9ef1c522f006576fc0c3b7a74870099076ae38496a695c4a2ad4260¦",
        "{User:bob Password:¦swordfishes¦ Host:x}",
    ]);
}

#[test]
fn what_stands_behind_orders_to_a_terminal_is_taken() {
    for text in [
        "\u{1b}[1mDB_PASSWORD\u{1b}(B\u{1b}[m=swordfishes",
        "DB_PASSWORD\u{1b}(B=\u{1b}(Bswordfishes",
    ] {
        assert_eq!(redact(text), "DB_PASSWORD=[redacted]", "{text:?}");
    }
}

#[test]
fn options_of_other_tools_stay() {
    assert_left(&[
        "cargo test -p api-v2 fails in src/lib.rs",
        "Run `cargo test -p my-crate2` to see it.",
        "cargo nextest run -p api-v2 --all",
        "docker compose -p test1 up -d",
        "docker run -u 1000:1000 img",
        "docker run --user node:node2 img",
        "podman run --user=1000:1000 x",
        "docker exec -u root:root x",
        "rsync -a web1:/srv/x .",
        "rsync -a src:dst host:/x",
        "grep -a ERROR:500 log",
        "date -u 12:00",
        "curl https://e.org; date -u 12:00",
        "curl https://e.org | sort -u a:b",
        "Run `curl https://e.org`, then `date -u 12:00`.",
        "git branch -u origin:main",
        "git push -u origin main:main2",
        "unzip -p a1.zip file2",
        "az -p x1",
        "chown --user node:node x",
        "`-u 1000:1000` is gone",
        "curl -sO https://e.org/a:b",
        "curl -X POST -so x:y https://e.org",
        "docker login --password-stdin <<< $PASSWORD",
        "cat <<< hello",
        "echo hello | gcloud storage cp - gs://x",
        "The login page\nand the password field",
        "login works\npassword resets fail",
        "log: login ok\npassword swordfishes",
        "basic_auth 'x' and 'y' are two names",
        "requirepass is set in the chart",
        "the directive requirepass swordfishes",
        "v1.0-rc1-abc",
        "pattern1234567890.js",
        "std::password::Hasher",
        "\"a\", \"b\", -p x9",
    ]);
}

#[test]
fn names_and_ids_stay() {
    assert_left(&[
        "FAILED com.acme.UserServiceTest#shouldReturn404WhenUserDoesNotExistInTenant2AndRegion3",
        "--- FAIL: TestReconcileCreatesV2DeploymentWhenV1CRDIsMissingAndRBACv1Exists (0.02s)",
        "✗ testLoginWith2FAEnabledReturnsHTTP401WhenOTPIsExpiredForUserV2 failed",
        "undefined symbol: napi_get_value_string_utf8",
        "hf_hub_download_with_retry_v2 and sk-circle-fade-dot-animation-v2",
        "trace id: 11a4a1b370be95770cd2b902fa5a7126 in Grafana",
        "x-request-id: 11a4a1b370be95770cd2b902fa5a7126",
        "ETag: W/\"11a4a1b370be95770cd2b902fa5a7126\"",
        "11a4a1b370be95770cd2b902fa5a7126  dist/app.tar.gz",
        "asset index.11a4a1b370be95770cd2b902fa5a7126.js",
        "Cache restored from key: Linux-node-20-abc123def456",
        "Cache hit for: key Linux-cargo-8f3b2a1c9d8e7f6a",
        "cache-key: linux-x64-v20-a1b2c3d4",
        "redis key: session-user1234",
        "S3 key: exports-20261101",
        "partition key: tenant1234567",
        "secretKeyRef:\n  name: x\n  key: db_password_v2",
    ]);
    assert_taken(&[
        "S3_KEY=¦abc12345678¦",
        "key: ¦abc12345¦",
        "id ¦11a4a1b370be95770cd2b902fa5a7126¦",
    ]);
}

#[test]
fn sentences_and_output_stay() {
    assert_left(&[
        "Basic e2e-test suite",
        "basic HTTP/1.1 support",
        "Basic md5/sha1 support, basic utf-8/utf-16 handling",
        "Bearer OAuth2.0 support",
        "I renamed `password` to `passwordHash` everywhere.",
        "I renamed `password` to `passphrase` in 3 places.",
        "`token` → `accessToken`",
        "returns 422 for password 'abc'",
        "password 'short' must fail",
        "PASS: test_login2",
        "pass: tests/login2",
        "jwt: RS256 instead of HS256",
        "pin: 1234 pixels",
        "Pin: 2024 versions",
        "tests/a.py:1024:test_x:FAILED:AssertionError1",
        "main.go:1042:col7:undefined:foo1",
        "pkg:npm2@registry.example.org",
        "(mailto:bob2@example.org)",
        "npm:lodash4@npm.example.org",
        "Set-Cookie: theme=dark",
        "Set-Cookie: lang=en; Path=/; SameSite=Lax",
        "The cookie: SameSite=None",
        "passwd: password updated successfully",
        "passwd: all authentication tokens updated successfully",
        "fetch(url, { credentials: 'same-origin' })",
    ]);
    assert_taken(&[
        "sent basic ¦dXNlcjpwYXNz¦ to it",
        "sent Bearer ¦abc12345¦ to it",
        "I changed `password` to `¦swordfishes¦`",
        "the `password` is `¦supersecret¦`",
        "I renamed the host, and then all of us agreed that the password is ¦swordfishes¦",
        "returns 422 for password '¦Tr0ub4dor3¦'",
        "WITH PASSWORD '¦abc¦'",
        "pass: ¦hunter2¦",
        "PIN: ¦4921¦ for the door",
        "Cookie: theme=dark; sid=¦abc123def456¦",
        "Set-Cookie: ¦sid=abcdefgh¦; Path=/",
        "db.example.org:5432:app:bob:¦swordfishes¦",
        "/run/postgresql:5432:app:bob:¦swordfishes¦",
        "scp bob:¦hunter2¦@example.org:x .",
    ]);
}
