//! Rules of redaction at the character where they end: one more or one less, and it would be a secret or none.

use super::redact;

fn assert_redacted(rows: &[(&str, &str)]) {
    for (text, clean) in rows {
        assert_eq!(redact(text), *clean, "{text:?}");
    }
}

#[test]
fn what_only_begins_like_an_option_or_a_name_is_none() {
    assert_redacted(&[
        ("` :1n`", "` :1n`"),
        ("head `-u 1e`", "head `-u 1e`"),
        ("zip -P -a files", "zip -P -a files"),
        ("mongo -p -i", "mongo -p -i"),
        ("htpasswd n s s", "htpasswd n s s"),
        ("htpasswd -nb admin -n", "htpasswd -nb admin -n"),
        ("htpasswd -b -c file admin", "htpasswd -b -c file admin"),
        ("htpasswd bn file admin", "htpasswd bn file admin"),
        ("htpasswd b file admin other", "htpasswd b file admin other"),
        ("fly secrets set =TOKEN", "fly secrets set =TOKEN"),
        (
            "docker login --password-stdin <<< - ",
            "docker login --password-stdin <<< - ",
        ),
        ("sudo -S <<<", "sudo -S <<<"),
        ("sudo -S<<<", "sudo -S<<<"),
        ("login as n/2", "login as n/2"),
        ("sign in with google/2", "sign in with google/2"),
        ("machine login b\nn passwd g", "machine login b\nn passwd g"),
        ("default\npasswd N", "default\npasswd N"),
        ("passwd:&' 9str", "passwd:&' 9str"),
        ("pass: /login2", "pass: /login2"),
        ("pass: /login2/users", "pass: /login2/users"),
        ("for password 'must fail", "for password 'must fail"),
        ("for password 'r0\"", "for password 'r0\""),
        ("for password 'r0'", "for password 'r0'"),
        ("TOKEN=$GI9TOK x", "TOKEN=$GI9TOK x"),
        ("TOKEN=$MY9TOKEN", "TOKEN=$MY9TOKEN"),
        ("apiKey: ] = \"4x", "apiKey: ] = \"4x"),
        ("apiKey: g = \"1x\"", "apiKey: g = \"1x\""),
        (
            "trace_=0123456789abcdefABCDEF0124bf92f3",
            "trace_=0123456789abcdefABCDEF0124bf92f3",
        ),
    ]);
}

#[test]
fn columns_have_a_rule_or_two_blanks() {
    assert_redacted(&[
        ("passwd |\nhunter2 | x", "passwd |\nhunter2 | x"),
        ("| password |\nhunter22 |", "| password |\nhunter22 |"),
        (
            "login | password\nadmin | hunter22",
            "login | password\nadmin | hunter22",
        ),
        (
            "login | password\n\nadmin | hunter22",
            "login | password\n\nadmin | hunter22",
        ),
        ("password |\n\nhunter22 |", "password |\n\nhunter22 |"),
        (
            "name | note\n--|--\nx | y\nlogin | password\n--|--\nadmin | hunter2",
            "name | note\n--|--\nx | y\nlogin | password\n--|--\nadmin | [redacted]",
        ),
        (
            "USER  PASSWD  SHELL\nadmin  hunter22  bash",
            "USER  PASSWD  SHELL\nadmin  [redacted]  bash",
        ),
        (
            "NAME  PASSWORD  AGE\nadmin  #hunter22  3d",
            "NAME  PASSWORD  AGE\nadmin  [redacted]  3d",
        ),
        ("password |\n--\nhunter22 |", "password |\n--\n[redacted] |"),
        ("Password|\n--\n|hunter22", "Password|\n--\n|[redacted]"),
    ]);
}

#[test]
fn a_header_holds_a_scheme_and_one_word() {
    assert_redacted(&[
        ("Authorization=a, =g", "Authorization=a, =g"),
        ("\"Authorization: 1 fishes}", "\"Authorization: 1 fishes}"),
        ("Authorization: 9 =p", "Authorization: 9 =p"),
        ("Authorization: yes a1b2c3", "Authorization: yes a1b2c3"),
        ("Authorization: moved a1b2c3", "Authorization: moved a1b2c3"),
        (
            "Authorization: Phone 4e5f6a7b",
            "Authorization: Phone [redacted]",
        ),
        (
            "Authorization: the OAuthScope",
            "Authorization: the OAuthScope",
        ),
        (
            "Authorization: see 1nowAuth",
            "Authorization: see [redacted]",
        ),
        ("Authorization: X 12ut9nob", "Authorization: X [redacted]"),
        ("Basic -203suite", "Basic -203suite"),
        ("Basic -K7wsuite", "Basic -K7wsuite"),
    ]);
}

#[test]
fn codes_and_phrases_stand_behind_whole_words() {
    assert_redacted(&[
        ("0API key - ptiorun4", "0API key - ptiorun4"),
        ("myBackup code: a1b2c3d4", "myBackup code: a1b2c3d4"),
        ("MyBackup codes: e5f6g7h8", "MyBackup codes: e5f6g7h8"),
        ("_backup code: e5f6g7h8", "_backup code: e5f6g7h8"),
        ("secret key - ]a1b2c3d4", "secret key - [redacted]"),
        ("API key is c3d4e5f6", "API key is [redacted]"),
        ("recovery code-a7s:", "recovery code-a7s:"),
        (
            "recovery code that is tested: yes",
            "recovery code that is tested: yes",
        ),
        ("Backup code: a1b2c3 s", "Backup code: [redacted] s"),
        ("Recovery codes:\nK7wN2p Q", "Recovery codes:\nK7wN2p Q"),
        ("Backup code: .a1b2c3", "Backup code: .[redacted]"),
        ("seed phrase: later", "seed phrase: later"),
        (
            "passphrase: one  two three",
            "passphrase: [redacted]  two three",
        ),
        ("Passphrase=-s-b e", "Passphrase=[redacted] e"),
        ("wpa-psk\"n", "wpa-psk\"[redacted]"),
        ("wpa-psk ascii \"", "wpa-psk ascii \""),
    ]);
}

#[test]
fn shapes_are_as_long_as_they_are() {
    assert_redacted(&[
        ("s.Ab1Ab1Ab1Ab1Ab1Ab1Ab1Ab1(", "s.Ab1Ab1Ab1Ab1Ab1Ab1Ab1Ab1("),
        (
            "let x = s.readTheWholeFileIntoMem1(",
            "let x = s.readTheWholeFileIntoMem1(",
        ),
        ("s.someMethodOfTheTestSuite", "s.someMethodOfTheTestSuite"),
        ("SG.bcdefghij01_23456787", "SG.bcdefghij01_23456787"),
        ("tk_dget_get_cn_width2x9", "[redacted]"),
        ("token=!TOKEN", "token=[redacted]"),
        ("pass=3EN_KE", "pass=[redacted]"),
        ("pass=_bc123", "pass=[redacted]"),
        ("`token→essToken`", "`token→[redacted]`"),
        ("LS0tLS1CRUdJT", "LS0tLS1CRUdJT"),
        ("LS0tLS1CRUdJTCQU", "LS0tLS1CRUdJTCQU"),
        ("v1.0", "v1.0"),
        ("v1.0-0123456789abcdef0123", "v1.0-0123456789abcdef0123"),
        (
            "1:nfiguration_loader_implementations",
            "1:nfiguration_loader_implementations",
        ),
        (
            "3:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDgit",
            "3:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDgit",
        ),
        (
            "gh secret set -b \"s\" TOKEN",
            "gh secret set -b \"[redacted]\" TOKEN",
        ),
        (
            "\nhtpasswd -b file admin hunter2",
            "\nhtpasswd -b file admin [redacted]",
        ),
        (
            "docker login --password-stdin <<<hunter2 ",
            "docker login --password-stdin <<<[redacted] ",
        ),
    ]);
}
