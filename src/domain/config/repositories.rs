//! `AFK_REPOS`: what single repositories have beyond a build.
//!
//! Every entry is read on its own, and to its end, so that all problems of all entries are reported at once.

use std::collections::BTreeMap;

use super::json::Node;
use super::problem::{found, quoted};
use super::value::{self, Expected, WorkspacePath};
use crate::domain::repository::{ForgeKind, RepoRef};

/// What one repository has. A repository that is not mentioned has a build only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// What deploys it; `None`: there is no deploy stage.
    pub deploy: Option<DeployBy>,
    /// Where its image runs; `None`: there is no rollout stage.
    pub rollout: Option<Rollout>,
    /// The branch that runs push to; `None`: the forge's default branch.
    pub branch: Option<String>,
    /// Its workspace on the T3 server; `None`: a directory below `AFK_T3_WORKSPACE_ROOT`.
    pub workspace: Option<WorkspacePath>,
    /// The checks that make up the build stage, never an empty list; `None`: all of CI.
    pub build_checks: Option<Vec<String>>,
}

/// What deploys a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployBy {
    /// A Woodpecker pipeline.
    Woodpecker,
}

/// A Deployment in Kubernetes that runs the repository's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub deployment: String,
    /// The container that runs the image; `None`: the only one, or whichever does.
    pub container: Option<String>,
}

impl RepositoryConfig {
    /// What a repository has that is not mentioned.
    pub const BUILD_ONLY: Self = Self {
        deploy: None,
        rollout: None,
        branch: None,
        workspace: None,
        build_checks: None,
    };

    /// Returns the branch that runs push to: the configured one, else the forge's default branch. An empty repository has
    /// none yet, and gets `main`.
    #[must_use]
    pub fn branch_or(&self, default_branch: Option<&str>) -> String {
        self.branch
            .as_deref()
            .or(default_branch)
            .unwrap_or("main")
            .to_owned()
    }
}

/// Parses the whole value. Each problem is a text that names its repository.
pub(super) fn parse(
    text: &str,
    default_forge: ForgeKind,
) -> Result<BTreeMap<RepoRef, RepositoryConfig>, Vec<String>> {
    let node =
        serde_json::from_str(text).map_err(|error| vec![format!("expected JSON, {error}")])?;
    let Node::Object(entries) = node else {
        return Err(vec![format!(
            "expected a JSON object of repositories, found {}",
            node.kind()
        )]);
    };
    let mut problems = Vec::new();
    let mut repositories = BTreeMap::new();
    for (name, node) in entries {
        let Ok(repo) = RepoRef::parse(name.trim(), default_forge) else {
            problems.push(format!(
                "expected owner/name, github:owner/name or forgejo:owner/name{}",
                found(&name)
            ));
            continue;
        };
        let mut reader = Reader {
            name: repo.to_string(),
            problems: &mut problems,
        };
        let config = reader.repository(&node);
        if repositories.contains_key(&repo) {
            reader.problem("", "expected one entry, found several");
        }
        repositories.insert(repo, config);
    }
    if problems.is_empty() {
        Ok(repositories)
    } else {
        Err(problems)
    }
}

/// Reads one entry. What has a problem comes back as if it were absent.
struct Reader<'a> {
    name: String,
    problems: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn problem(&mut self, path: &str, text: &str) {
        let name = &self.name;
        self.problems.push(if path.is_empty() {
            format!("{name}: {text}")
        } else {
            format!("{name}: {path}: {text}")
        });
    }

    fn repository(&mut self, node: &Node) -> RepositoryConfig {
        let known = ["deploy", "rollout", "branch", "workspace", "build"];
        let fields = self.object("", node, &known);
        let field = |name| fields.get(name).copied();
        RepositoryConfig {
            deploy: self.text("deploy", field("deploy"), |text| match text {
                "woodpecker" => Ok(DeployBy::Woodpecker),
                _ => Err("expected \"woodpecker\"".to_owned()),
            }),
            rollout: field("rollout").and_then(|node| self.rollout(node)),
            branch: self.text("branch", field("branch"), value::branch),
            workspace: self.text("workspace", field("workspace"), WorkspacePath::parse),
            build_checks: field("build").and_then(|node| self.build_checks(node)),
        }
    }

    fn rollout(&mut self, node: &Node) -> Option<Rollout> {
        let fields = self.object("rollout", node, &["namespace", "deployment", "container"]);
        if matches!(node, Node::Object(_)) {
            for name in ["namespace", "deployment"] {
                if !fields.contains_key(name) {
                    self.problem(&format!("rollout.{name}"), "is required");
                }
            }
        }
        let mut name = |field: &str, dots| {
            let path = format!("rollout.{field}");
            let node = fields.get(field).copied();
            self.text(&path, node, |text| value::kubernetes_name(text, dots))
        };
        let (namespace, deployment, container) = (
            name("namespace", false),
            name("deployment", true),
            name("container", false),
        );
        Some(Rollout {
            namespace: namespace?,
            deployment: deployment?,
            container,
        })
    }

    fn build_checks(&mut self, node: &Node) -> Option<Vec<String>> {
        let fields = self.object("build", node, &["checks"]);
        let path = "build.checks";
        let nodes = match fields.get("checks") {
            None if !matches!(node, Node::Object(_)) => return None,
            None => {
                self.problem(path, "is required");
                return None;
            }
            Some(Node::List(nodes)) => nodes,
            Some(other) => {
                let text = format!("expected a list of names, found {}", other.kind());
                self.problem(path, &text);
                return None;
            }
        };
        if nodes.is_empty() {
            self.problem(path, "expected at least one name, found an empty list");
            return None;
        }
        let names: Vec<_> = nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| {
                self.text(&format!("{path}[{index}]"), Some(node), value::check_name)
            })
            .collect();
        Some(value::distinct(names))
    }

    fn object<'n>(
        &mut self,
        path: &str,
        node: &'n Node,
        known: &[&str],
    ) -> BTreeMap<&'n str, &'n Node> {
        let Node::Object(entries) = node else {
            self.problem(path, &format!("expected an object, found {}", node.kind()));
            return BTreeMap::new();
        };
        let mut fields = BTreeMap::new();
        for (name, node) in entries {
            if !known.contains(&name.as_str()) {
                let text = format!("expected {}, found field {}", one_of(known), quoted(name));
                self.problem(path, &text);
            } else if fields.insert(name.as_str(), node).is_some() {
                self.problem(
                    path,
                    &format!("expected field '{name}' once, found it several times"),
                );
            }
        }
        fields
    }

    fn text<T>(
        &mut self,
        path: &str,
        node: Option<&Node>,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let result = match node? {
            Node::Text(text) => {
                parse(text).map_err(|expected| format!("{expected}{}", found(text)))
            }
            other @ (Node::Object(_) | Node::List(_) | Node::Other(_)) => {
                Err(format!("expected a string, found {}", other.kind()))
            }
        };
        result.map_err(|text| self.problem(path, &text)).ok()
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [word] => (*word).to_owned(),
        [words @ .., last] => format!("{} or {last}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                deploy: Some(DeployBy::Woodpecker),
                rollout: Some(Rollout {
                    namespace: "x".to_owned(),
                    deployment: "y".to_owned(),
                    container: Some("z".to_owned()),
                }),
                branch: Some("main".to_owned()),
                workspace: Some(WorkspacePath::parse("/data/x").unwrap()),
                build_checks: Some(vec!["build".to_owned(), "lint".to_owned()]),
            }
        );
        assert_eq!(of("forgejo:o/n"), &RepositoryConfig::BUILD_ONLY);
        assert_eq!(
            of("o/r").rollout.as_ref().map(|rollout| &rollout.container),
            Some(&None)
        );
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
                "github:a/b: deploy: expected \"woodpecker\", found 'argo'",
                "github:a/b: branch: expected the name of a branch, found 'a b'",
                "github:a/b: workspace: expected an absolute path without . and .. in it, found 'data'",
                "github:a/b: build.checks: expected at least one name, found an empty list",
                "github:a/c: expected an object, found a number",
                "forgejo:a/d: rollout: expected namespace, deployment or container, found field 'pod'",
                "forgejo:a/d: rollout.deployment: is required",
                "forgejo:a/d: rollout.namespace: expected a Kubernetes name: a-z, 0-9 and -, found 'X'",
                "forgejo:a/d: rollout.container: expected a string, found null",
                "forgejo:a/d: build.checks: is required",
                "github:a/e: deploy: expected a string, found a boolean",
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
}
