use super::*;

fn named(name: &str, app: Option<&str>) -> NamedCheck {
    NamedCheck {
        name: name.to_owned(),
        app: app.map(str::to_owned),
    }
}

fn problems(text: &str) -> Vec<String> {
    parse(text, ForgeKind::GitHub).expect_err(text)
}

#[test]
fn the_example_of_the_specification_is_read() {
    let text = r#"{"owner/name": {"deploy": "woodpecker",
        "rollout": {"namespace": "x", "deployment": "y", "container": "z"},
        "branch": "main", "workspace": "/data/x", "build": {"checks": ["build", "lint", "build"]}},
        "forgejo:o/n": {}, "o/r": {"rollout": {"namespace": "x", "deployment": "y.v1"}}}"#;
    let repositories = parse(text, ForgeKind::GitHub).unwrap();
    let of = |name| &repositories[&RepoRef::parse(name, ForgeKind::GitHub).unwrap()];
    assert_eq!(
        of("github:Owner/Name"),
        &RepositoryConfig {
            deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy::usual())),
            rollout: vec![Rollout {
                kind: WorkloadKind::Deployment,
                namespace: "x".to_owned(),
                name: "y".to_owned(),
                container: Some("z".to_owned()),
                revision: None,
            }],
            branch: Some("main".to_owned()),
            workspace: Some(WorkspacePath::parse("/data/x").unwrap()),
            build_checks: Some(vec![named("build", None), named("lint", None)]),
            build_on: None,
        }
    );
    assert_eq!(of("forgejo:o/n"), &RepositoryConfig::BUILD_ONLY);
    assert_eq!(of("o/r").rollout[0].container, None);
}

#[test]
fn runs_push_to_the_configured_branch_then_to_the_forges_then_to_main() {
    let configured = RepositoryConfig {
        branch: Some("trunk".to_owned()),
        ..RepositoryConfig::BUILD_ONLY
    };
    assert_eq!(configured.branch_or(Some("develop")), "trunk");
    let plain = RepositoryConfig::BUILD_ONLY;
    assert_eq!(plain.branch_or(Some("develop")), "develop");
    assert_eq!(plain.branch_or(None), "main");
}

#[test]
fn texts_that_are_no_object_of_repositories_are_one_problem() {
    assert_eq!(
        problems("[]"),
        ["expected a JSON object of repositories, found a list"]
    );
    assert_eq!(
        problems("null"),
        ["expected a JSON object of repositories, found null"]
    );
    assert_eq!(
        problems("{"),
        ["expected JSON, EOF while parsing an object at line 1 column 1"]
    );
    assert_eq!(
        problems("{} {}"),
        ["expected JSON, trailing characters at line 1 column 4"]
    );
}

#[test]
fn every_problem_of_every_entry_is_reported_with_its_repository() {
    let text = r#"{
        "nonsense": {},
        "a/b": {"deploy": "argo", "rolout": {}, "branch": "a b", "workspace": "data", "build": {"checks": []}},
        "a/c": 5,
        "forgejo:a/d": {"rollout": {"namespace": "X", "pod": "y", "container": null}, "build": {}},
        "a/e": {"deploy": true, "rollout": "x", "build": ["x"]},
        "a/f": {"branch": "x", "branch": "y", "build": {"checks": "build"}},
        "a/g": {"rollout": {"namespace": "x", "namespace": "y", "deployment": "z"}, "build": {"checks": ["", 1, "ok"]}},
        "A/G": {}
    }"#;
    assert_eq!(
        problems(text),
        [
            "expected owner/name, github:owner/name or forgejo:owner/name, found 'nonsense'",
            "github:a/b: expected deploy, rollout, branch, workspace or build, found field 'rolout'",
            "github:a/b: deploy: expected \"woodpecker\" or an object, found 'argo'",
            "github:a/b: branch: expected the name of a branch, found 'a b'",
            "github:a/b: workspace: expected an absolute path without . and .. in it, found 'data'",
            "github:a/b: build.checks: expected at least one name, found an empty list",
            "github:a/c: expected an object, found a number",
            "forgejo:a/d: rollout: expected kind, namespace, name, deployment, container or revision, found field 'pod'",
            "forgejo:a/d: rollout.name: is required",
            "forgejo:a/d: rollout.namespace: expected a Kubernetes name: a-z, 0-9 and -, found 'X'",
            "forgejo:a/d: rollout.container: expected a string, found null",
            "forgejo:a/d: build.checks: is required",
            "github:a/e: deploy: expected a string or an object, found a boolean",
            "github:a/e: rollout: expected an object, found a string",
            "github:a/e: build: expected an object, found a list",
            "github:a/f: expected field 'branch' once, found it several times",
            "github:a/f: build.checks: expected a list of names, found a string",
            "github:a/g: rollout: expected field 'namespace' once, found it several times",
            "github:a/g: build.checks[0]: expected the name of a check, found ''",
            "github:a/g: build.checks[1]: expected a string, found a number",
            "github:A/G: expected one entry, found several",
        ]
    );
}

#[test]
fn every_form_of_deploy_and_rollout_is_read() {
    let text = r#"{
        "a/a": {"deploy": {"on": "woodpecker"}},
        "a/b": {"deploy": {"event": "manual", "variable": "TAG", "id": 40, "context": "ci/cd"}},
        "a/c": {"deploy": {"on": "woodpecker", "event": "push", "workflow": "deploy"}},
        "a/d": {"deploy": {"on": "woodpecker", "event": "deployment", "target": "production"}},
        "a/e": {"deploy": {"event": "deployment"}},
        "a/f": {"deploy": {"event": "tag"}},
        "a/g": {"deploy": {"event": "cron"}},
        "a/h": {"deploy": {"on": "github", "environment": "Production EU"}},
        "a/i": {"rollout": [
            {"kind": "StatefulSet", "namespace": "x", "name": "y", "container": "z"},
            {"kind": "DaemonSet", "namespace": "x", "name": "y", "revision": "label:app.kubernetes.io/version"},
            {"namespace": "x", "name": "y", "revision": "annotation:example.com/commit"},
            {"kind": "Application", "namespace": "argocd", "name": "y"}]},
        "a/j": {"build": {"checks": ["test", {"name": "test", "app": "github-actions"}, {"name": "lint"}]}}
    }"#;
    let repositories = parse(text, ForgeKind::GitHub).unwrap();
    let of = |name: &str| &repositories[&RepoRef::parse(name, ForgeKind::GitHub).unwrap()];
    let usual = WoodpeckerDeploy::usual();
    let woodpecker = |trigger: Trigger| WoodpeckerDeploy {
        trigger,
        ..usual.clone()
    };
    for (name, expected) in [
        ("a/a", usual.clone()),
        (
            "a/b",
            WoodpeckerDeploy {
                id: Some(40),
                context: Some("ci/cd".to_owned()),
                ..woodpecker(Trigger::Manual {
                    variable: "TAG".to_owned(),
                })
            },
        ),
        (
            "a/c",
            WoodpeckerDeploy {
                workflow: Some("deploy".to_owned()),
                ..woodpecker(Trigger::Push)
            },
        ),
        (
            "a/d",
            woodpecker(Trigger::Deployment {
                target: Some("production".to_owned()),
            }),
        ),
        ("a/e", woodpecker(Trigger::Deployment { target: None })),
        ("a/f", woodpecker(Trigger::Tag)),
        ("a/g", woodpecker(Trigger::Cron)),
    ] {
        assert_eq!(
            of(name).deploy,
            Some(Deploy::Woodpecker(expected)),
            "{name}"
        );
    }
    let environment = "Production EU".to_owned();
    assert_eq!(of("a/h").deploy, Some(Deploy::GitHub { environment }));
    let kinds: Vec<_> = of("a/i")
        .rollout
        .iter()
        .map(|rollout| rollout.kind)
        .collect();
    use WorkloadKind::{Application, DaemonSet, Deployment, StatefulSet};
    assert_eq!(kinds, [StatefulSet, DaemonSet, Deployment, Application]);
    let revisions: Vec<_> = of("a/i")
        .rollout
        .iter()
        .map(|rollout| rollout.revision.clone())
        .collect();
    assert_eq!(
        revisions,
        [
            None,
            Some(Revision::Label("app.kubernetes.io/version".to_owned())),
            Some(Revision::Annotation("example.com/commit".to_owned())),
            None
        ]
    );
    assert_eq!(
        of("a/j").build_checks.as_deref(),
        Some(
            &[
                named("test", None),
                named("test", Some("github-actions")),
                named("lint", None)
            ][..]
        )
    );
}

#[test]
fn every_slip_in_a_stage_is_named() {
    let text = r#"{
        "a/a": {"deploy": {"on": "argo"}},
        "a/b": {"deploy": {"event": "release"}},
        "a/c": {"deploy": {"event": "push", "variable": "TAG", "target": "x"}},
        "a/d": {"deploy": {"on": "github"}},
        "a/e": {"deploy": {"on": "github", "environment": "x", "event": "push"}},
        "a/f": {"deploy": {"id": "40", "workflow": " "}},
        "a/g": {"deploy": {"id": 0}},
        "a/h": {"rollout": []},
        "a/i": {"rollout": [{"kind": "Pod", "namespace": "x", "name": "y"}, 5]},
        "a/j": {"rollout": {"kind": "StatefulSet", "namespace": "x", "deployment": "y"}},
        "a/k": {"rollout": {"namespace": "x", "name": "y", "deployment": "y"}},
        "a/l": {"rollout": {"kind": "Application", "namespace": "x", "name": "y", "container": "z", "revision": "label:a"}},
        "a/m": {"rollout": {"namespace": "x", "name": "y", "revision": "sha"}},
        "a/n": {"build": {"checks": [{"app": "x"}, {"name": "a", "apps": "b"}]}}
    }"#;
    assert_eq!(
        problems(text),
        [
            "github:a/a: deploy.on: expected woodpecker or github, found 'argo'",
            "github:a/b: deploy.event: expected manual, push, deployment, tag or cron, found 'release'",
            "github:a/c: deploy.variable: goes with event \"manual\", found \"push\"",
            "github:a/c: deploy.target: goes with event \"deployment\", found \"push\"",
            "github:a/d: deploy.environment: is required",
            "github:a/e: deploy: expected on or environment, found field 'event'",
            "github:a/f: deploy.workflow: expected a name, found ' '",
            "github:a/f: deploy.id: expected a number above 0, found a string",
            "github:a/g: deploy.id: expected a number above 0, found 0",
            "github:a/h: rollout: expected at least one object, found an empty list",
            "github:a/i: rollout[0].kind: expected Deployment, StatefulSet, DaemonSet or Application, found 'Pod'",
            "github:a/i: rollout[1]: expected an object, found a number",
            "github:a/j: rollout.deployment: goes with kind Deployment; say name",
            "github:a/k: rollout: expected name or deployment, found both",
            "github:a/l: rollout.container: goes with workloads and not with an Application",
            "github:a/l: rollout.revision: goes with workloads and not with an Application",
            "github:a/m: rollout.revision: expected label:KEY or annotation:KEY, found 'sha'",
            "github:a/n: build.checks[0].name: is required",
            "github:a/n: build.checks[1]: expected name or app, found field 'apps'",
        ]
    );
}

#[test]
fn a_build_can_be_on_a_mirror_with_named_checks_or_all_of_them() {
    let text = r#"{"forgejo:a/b": {"build": {"on": "github:a/mirror"}},
        "forgejo:a/c": {"build": {"on": "a/c", "checks": ["test"]}}}"#;
    let repositories = parse(text, ForgeKind::GitHub).unwrap();
    let of = |name: &str| &repositories[&RepoRef::parse(name, ForgeKind::Forgejo).unwrap()];
    let mirror = |config: &RepositoryConfig| config.build_on.as_ref().unwrap().to_string();
    assert_eq!(mirror(of("a/b")), "github:a/mirror");
    assert_eq!(of("a/b").build_checks, None);
    // The same name on another forge.
    assert_eq!(mirror(of("a/c")), "github:a/c");
    assert_eq!(of("a/c").build_checks.as_ref().map(Vec::len), Some(1));
    for (build, problem) in [
        (
            r#"{"on": "mirror"}"#,
            "forgejo:a/b: build.on: expected owner/name, github:owner/name or forgejo:owner/name, found 'mirror'",
        ),
        (
            r#"{"on": 5}"#,
            "forgejo:a/b: build.on: expected a string, found a number",
        ),
        (
            r#"{"on": "forgejo:A/B"}"#,
            "forgejo:a/b: build.on: expected another repository, found itself",
        ),
    ] {
        let text = format!(r#"{{"forgejo:a/b": {{"build": {build}}}}}"#);
        assert_eq!(problems(&text), [problem]);
    }
}
