//! Where exactly a secret begins and ends in manifests, commands, columns and sentences, and what beside it is none.

use super::form_tests::{assert_left, assert_taken};

#[test]
fn each_document_of_manifests_speaks_for_itself() {
    assert_taken(&[
        "kind: ConfigMap\ndata:\n  a: debug\n---\nkind: Secret\ndata:\n  b: ¦hunterhorse¦",
        "kind: Secret\ndata:\n  b: ¦hunterhorse¦\n---\nkind: ConfigMap\ndata:\n  a: debug",
        "Apply:\n```yaml\nkind: Secret\ndata:\n  b: ¦hunterhorse¦\n```\ndata:\n  a: debug",
        "kind: Secret\ndata:\n  db:   \"¦hunterhorse¦\"\n  x: '¦swordfish¦'\ntype: Opaque",
        "kind: Secret\ndata:\n  nested:\n    db: ¦hunterhorse¦\nmetadata:\n  name: db",
        "kind: Secret\nstringData:\n  a: |\n    ¦see this: swordfish¦\n\n    ¦more¦",
        "- kind: Secret\n  data:\n    - db: ¦hunterhorse¦",
        "kind: 'Secret'\ndata:\n  db: ¦hunterhorse¦",
    ]);
    assert_left(&[
        "kind: Secret\nmetadata:\n  name: db\n  labels:\n    app: web",
        "kind: Secrets\ndata:\n  db: debug",
        "kind: Secret\ndatabase:\n  name: debug",
    ]);
}

#[test]
fn values_of_manifests_in_json_are_told_from_their_names() {
    assert_taken(&[
        "{\"kind\":\"Secret\",\"data\":{\"data\":\"¦hunterhorse¦\",\"x\":\"¦swordfish¦\"}}",
        "{\"kind\":\"Secret\",\"data\":{\"a\":\"¦hunterhorse¦\", \"b\" : \"¦swordfish¦\"},\"type\":\"Opaque\"}",
        "{\"kind\" : \"Secret\", \"stringData\": {\"a\": \"¦hunterhorse¦\"}, \"data\": {\"b\": \"¦swordfish¦\"}}",
        "{\"metadata\":{\"name\":\"db\"},\"kind\":\"Secret\",\"data\":{\"a\":\"¦hunterhorse¦\"}}",
        r#"{\"kind\":\"Secret\",\"data\":{\"a\":\"¦hunterhorse¦\",\"b\":\"¦swordfish¦\"},\"type\":\"Opaque\"}"#,
    ]);
    assert_left(&[
        "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"db\"}}",
        "{\"kind\":\"Secrets\",\"data\":{\"a\":\"debug\"}}",
        "{\"mankind\":1,\"data\":{\"a\":\"debug\"}}",
    ]);
}

#[test]
fn literals_of_commands_end_where_their_quotes_do() {
    assert_taken(&[
        "kubectl create secret generic db --from-literal='db=¦hunter two¦' -n x",
        "kubectl create secret generic db --from-literal=db=\"¦hunter two¦\" -n x",
        "kubectl create secret generic db --from-literal db=¦hunterhorse¦ -n x",
        "kubectl create secret generic db --from-literal=a=¦hunterhorse¦ && kubectl create configmap c --from-literal=level=debug",
        "kubectl create configmap c --from-literal=level=debug && kubectl create secret generic db --from-literal=a=¦hunterhorse¦",
    ]);
    assert_left(&[
        "kubectl create cm c --from-literal=level=debug",
        "kubectl create configmap c --from-literal=level=debug",
        "kubectl create secret generic db --from-literal which is set=to",
        "kubectl create secret generic db --from-literal=level",
        "kubectl create secret generic db --from-literal=level=",
    ]);
}

#[test]
fn what_a_sentence_announces_is_taken_where_it_stands() {
    assert_taken(&[
        "Backup codes: ¦a1b2c3d4¦, ¦e5f6g7h8¦",
        "Backup codes:\n\n1. ¦a1b2c3d4¦\n2. ¦e5f6g7h8¦\n\nKeep them.",
        "Recovery codes:\n```\n¦a1b2-c3d4¦ | ¦e5f6-g7h8¦\n```\nKeep run42 them.",
        "The password is:\n\n    ¦hunter2horse¦\n",
        "The password is:\n```\n¦hunter2horse¦\n```",
        "The password is:\n> ¦hunter2horse¦",
        "The password is:\n\n`¦hunter2horse¦`",
    ]);
    assert_left(&[
        "The password is:\nhunter2horse",
        "The password is:\n```\n```\n`hunter2horse`",
        "The password is:\n    the one you chose",
        "Backup codes: see run42 below",
    ]);
}

#[test]
fn cells_end_where_their_borders_do() {
    assert_taken(&[
        "a,password,b\nx,¦hunterhorse¦,y\nx,\"¦hunter,horse¦\",y",
        "user,password\nbob,¦abc¦",
        "| password |\n|---|\n| ¦abc¦ |",
        "| a | password | b |\n|---|---|---|\n|x|¦hunterhorse¦|y|\n||¦swordfish¦||",
        "USER   PASSWORD\nbob    ¦abc1¦\namy    ¦swordfish2¦",
    ]);
    assert_left(&[
        "user,password\nbob,ab",
        "| password |\n|---|\n| ab |",
        "USER   PASSWORD\nbob    ab1",
        "password\nswordfish",
        "user,password\nbob,swordfish,more",
        "| password |\n| ab | hunterhorse |",
    ]);
}
