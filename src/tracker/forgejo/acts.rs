//! Everything that changes something: labels, comments, open and closed (`contracts/forgejo` section 6).
//!
//! These servers answer many writes that did nothing as if they had done it. So each act is compared with what it left: a
//! silent no-op is an error here. Each names one issue by its repository's name, and a redirect is never followed, so that a
//! repository that was renamed since is never written to. Nothing here decides what to do.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Forgejo;
use super::rest::{SERVICE, failure};
use super::wire::{WireLabel, WireListed};
use crate::domain::repository::{IssueRef, RepoRef};
use crate::http::{Call, Method};
use crate::service_error::{FailureKind, ServiceError};

/// The colour of labels that we make.
const COLOUR: &str = "#1d76db";

/// Pages of labels that are read of one repository: 1,000 of them.
const LABEL_PAGES_MAX: usize = 20;

#[derive(Debug, Deserialize)]
struct WireId {
    id: u64,
}

impl Forgejo<'_> {
    /// Puts a label on: the repository's by its id; else the organisation's, by name; else one that is made for it.
    pub(super) fn put_label_on(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        let name = format!("label {issue} {label}");
        if let Some(id) = self.label_of_repository(&issue.repo, label)? {
            if self.post_label(&name, issue, &json!(id), |shown| shown.id == id)? {
                return Ok(());
            }
            // It was deleted since it was listed.
            self.label_ids.forget(&label_key(&issue.repo, label));
        }
        if self.post_label(&name, issue, &json!(label), |shown| shown.name == label)? {
            return Ok(());
        }
        let id = self.made_label(&issue.repo, label)?;
        if self.post_label(&name, issue, &json!(id), |shown| shown.id == id)? {
            return Ok(());
        }
        Err(refused(
            &name,
            "the forge accepted the label and does not show it",
        ))
    }

    /// Returns whether the issue shows the label then. Unknown labels are dropped with a 200.
    fn post_label(
        &self,
        name: &str,
        issue: &IssueRef,
        label: &Value,
        is_it: impl Fn(&WireLabel) -> bool,
    ) -> Result<bool, ServiceError> {
        let body = json!({"labels": [label]});
        let call = self.write(name, Method::Post, issue, &["labels"], Some(&body));
        let shown: Option<Vec<WireLabel>> = self.sender.answer(&call, 200)?.decode()?;
        Ok(shown.unwrap_or_default().iter().any(is_it))
    }

    /// Finds a label of the repository by its exact name; the oldest one where several have it.
    fn label_of_repository(
        &self,
        repo: &RepoRef,
        label: &str,
    ) -> Result<Option<u64>, ServiceError> {
        self.label_ids.once(&label_key(repo, label), || {
            let name = format!("list the labels of {}", repo.full_name());
            let segments = ["repos", repo.owner(), repo.name(), "labels"];
            let mut seen = 0;
            let mut found: Option<u64> = None;
            for number in 1..=LABEL_PAGES_MAX {
                let page = self
                    .sender
                    .page::<WireLabel>(&name, &segments, &[], number)?;
                seen += page.items.len();
                let of_name = page.items.iter().filter(|known| known.name == label);
                found = of_name.map(|known| known.id).chain(found).min();
                if page.items.is_empty() || page.total.is_some_and(|total| seen >= total) {
                    break;
                }
            }
            Ok(found)
        })
    }

    /// Makes a label that is missing. Another tick may make it at the same time, and servers let both: each looks right before,
    /// and takes the oldest one afterwards, so that an issue never shows two.
    fn made_label(&self, repo: &RepoRef, label: &str) -> Result<u64, ServiceError> {
        let key = label_key(repo, label);
        self.label_ids.forget(&key);
        if let Some(id) = self.label_of_repository(repo, label)? {
            return Ok(id);
        }
        let created = self.create_label(repo, label)?;
        self.label_ids.forget(&key);
        Ok(self.label_of_repository(repo, label)?.unwrap_or(created))
    }

    fn create_label(&self, repo: &RepoRef, label: &str) -> Result<u64, ServiceError> {
        let name = format!("create the label {label} in {}", repo.full_name());
        let url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "labels"], &[]);
        let body = json!({"name": label, "color": COLOUR, "description": "Set by AFK"});
        // Not repeatable: the same name again makes a second label.
        let call = self.sender.call(&name, Method::Post, url, Some(&body));
        let created: WireId = self.sender.answer(&call, 201)?.decode()?;
        Ok(created.id)
    }

    /// Takes a label off, in whatever case and of whatever owner it is.
    pub(super) fn take_label_off(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        let name = format!("take {label} off {issue}");
        let label = label.to_lowercase();
        let of_name = |shown: Vec<WireLabel>| -> Vec<WireLabel> {
            shown
                .into_iter()
                .filter(|shown| shown.name.to_lowercase() == label)
                .collect()
        };
        let shown = of_name(self.shown_labels(&name, issue)?);
        if shown.is_empty() {
            return Ok(());
        }
        for label in shown {
            let id = label.id.to_string();
            let call = self.write(&name, Method::Delete, issue, &["labels", &id], None);
            let answer = self.sender.send(&call)?;
            let status = answer.status;
            if matches!(status, 200 | 204) {
                continue;
            }
            let error = failure(&call, answer);
            // 422: deleted since; then the issue does not show it either.
            if status != 422 || error.kind != FailureKind::Refused {
                return Err(error);
            }
        }
        if of_name(self.shown_labels(&name, issue)?).is_empty() {
            Ok(())
        } else {
            Err(refused(
                &name,
                "the forge accepted the removal and still shows the label",
            ))
        }
    }

    fn shown_labels(&self, name: &str, issue: &IssueRef) -> Result<Vec<WireLabel>, ServiceError> {
        let call = self.write(name, Method::Get, issue, &["labels"], None);
        let shown: Option<Vec<WireLabel>> = self.sender.answer(&call, 200)?.decode()?;
        Ok(shown.unwrap_or_default())
    }

    pub(super) fn post_comment(
        &self,
        issue: &IssueRef,
        body: &str,
    ) -> Result<String, ServiceError> {
        let name = format!("comment on {issue}");
        let body = json!({"body": body});
        let call = Call {
            // A second comment would stand there for good.
            repeatable: false,
            ..self.write(&name, Method::Post, issue, &["comments"], Some(&body))
        };
        let answer = self
            .sender
            .answer(&call, 201)
            .map_err(|error| self.or_missing(&issue.repo, issue.number, error))?;
        let written: WireId = answer.decode()?;
        Ok(written.id.to_string())
    }

    pub(super) fn patch_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
        body: &str,
    ) -> Result<(), ServiceError> {
        let name = format!("edit comment {comment} on {issue}");
        let body = json!({"body": body});
        let url = self.comment_address(issue, comment);
        let call = Call {
            repeatable: true,
            ..self.sender.call(&name, Method::Patch, url, Some(&body))
        };
        let answer = self.sender.send(&call)?;
        match answer.status {
            200 => Ok(()),
            204 => Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::NotFound,
                "the id is no comment's",
            )),
            _ => Err(failure(&call, answer)),
        }
    }

    pub(super) fn remove_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
    ) -> Result<(), ServiceError> {
        let name = format!("delete comment {comment} on {issue}");
        let url = self.comment_address(issue, comment);
        let call = Call {
            repeatable: true,
            ..self.sender.call(&name, Method::Delete, url, None)
        };
        let answer = self.sender.send(&call)?;
        if answer.status == 204 {
            return Ok(());
        }
        match failure(&call, answer) {
            // It is gone already.
            error if error.kind == FailureKind::NotFound => Ok(()),
            error => Err(error),
        }
    }

    /// Opens or closes an issue. An issue with open dependencies can not be closed: 412.
    pub(super) fn set_state(&self, issue: &IssueRef, state: &str) -> Result<(), ServiceError> {
        let name = format!("set {issue} {state}");
        let body = json!({"state": state});
        let call = self.write(&name, Method::Patch, issue, &[], Some(&body));
        let answer = self.sender.send(&call)?;
        let shown: WireListed = match answer.status {
            201 => answer.decode()?,
            412 => {
                let mut error = failure(&call, answer);
                let open = self.open_dependencies(issue);
                if !open.is_empty() {
                    error.detail = format!("{} ({} is open)", error.detail, open.join(", "));
                }
                return Err(error);
            }
            _ => return Err(failure(&call, answer)),
        };
        if shown.state == state {
            Ok(())
        } else {
            Err(refused(
                &name,
                &format!("the forge still shows it as {}", shown.state),
            ))
        }
    }

    /// Prepares a request about an issue that may be sent twice.
    fn write<'c>(
        &'c self,
        name: &'c str,
        method: Method,
        issue: &IssueRef,
        rest: &[&str],
        body: Option<&Value>,
    ) -> Call<'c> {
        let IssueRef { repo, number } = issue;
        let number = number.to_string();
        let mut segments = vec!["repos", repo.owner(), repo.name(), "issues", &number];
        segments.extend_from_slice(rest);
        Call {
            repeatable: true,
            ..self
                .sender
                .call(name, method, self.sender.address(&segments, &[]), body)
        }
    }

    fn comment_address(&self, issue: &IssueRef, comment: &str) -> url::Url {
        let repo = &issue.repo;
        let segments = [
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            "comments",
            comment,
        ];
        self.sender.address(&segments, &[])
    }
}

fn label_key(repo: &RepoRef, label: &str) -> (RepoRef, String) {
    (repo.clone(), label.to_owned())
}

fn refused(name: &str, detail: &str) -> ServiceError {
    ServiceError::new(SERVICE, name, FailureKind::Refused, detail)
}
