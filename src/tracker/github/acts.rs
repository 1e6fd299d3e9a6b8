//! Everything that changes something on GitHub: labels, comments, open and closed.
//!
//! Each act names one issue by its repository's name, so that a repository that was renamed since is an error and
//! never written to. All but writing a comment may be repeated without harm. Nothing here decides what to do.

use serde_json::{Value, json};
use url::Url;

use super::GitHub;
use super::rest::SERVICE;
use super::wire::{Named, RestId, RestState};
use crate::domain::repository::{IssueRef, RepoRef};
use crate::http::{Answer, Call, Method};
use crate::service_error::{FailureKind, ServiceError};

impl GitHub<'_> {
    /// Adding a label that is on already has no effect.
    pub(super) fn post_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        let name = format!("label {issue} {label}");
        let call = self.write(
            &name,
            Method::Post,
            self.issue_address(issue, &["labels"]),
            Some(&json!({"labels": [label]})),
        );
        let shown: Vec<Named> = self.answer(&call, 200)?.decode()?;
        if shown_as(&shown, label).is_some() {
            Ok(())
        } else {
            Err(refused(
                &name,
                "GitHub accepted the label and does not show it",
            ))
        }
    }

    /// Creates a label in the repository; it may exist already.
    pub(super) fn create_label(&self, repo: &RepoRef, label: &str) -> Result<(), ServiceError> {
        let name = format!("create the label {label} in {}", repo.full_name());
        let url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "labels"]);
        let body = json!({"name": label, "color": "1d76db", "description": "Set by AFK"});
        let call = Call {
            repeatable: false,
            ..self.write(&name, Method::Post, url, Some(&body))
        };
        match self.answer(&call, 201) {
            Ok(_) => Ok(()),
            // 422 `already_exists`: another client was faster.
            Err(error) if error.kind == FailureKind::Refused => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes a label off. GitHub says 404 when the issue does not show the label under this name: then the
    /// labels that it does show decide, because another case of the same name is the same label.
    pub(super) fn take_label_off(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        let name = format!("take {label} off {issue}");
        let shown = match self.delete_label(&name, issue, label) {
            Ok(shown) => shown,
            Err(error) if error.kind == FailureKind::NotFound => self.shown_labels(&name, issue)?,
            Err(error) => return Err(error),
        };
        let Some(stored) = shown_as(&shown, label) else {
            return Ok(());
        };
        let shown = self.delete_label(&name, issue, stored)?;
        match shown_as(&shown, label) {
            None => Ok(()),
            Some(_) => Err(refused(
                &name,
                "GitHub accepted the removal and still shows the label",
            )),
        }
    }

    /// Returns the labels that are left.
    fn delete_label(
        &self,
        name: &str,
        issue: &IssueRef,
        label: &str,
    ) -> Result<Vec<Named>, ServiceError> {
        let url = self.issue_address(issue, &["labels", label]);
        let call = self.write(name, Method::Delete, url, None);
        self.answer(&call, 200)?.decode()
    }

    fn shown_labels(&self, name: &str, issue: &IssueRef) -> Result<Vec<Named>, ServiceError> {
        let mut url = self.issue_address(issue, &["labels"]);
        url.query_pairs_mut().append_pair("per_page", "100");
        let call = self.sender.call(name, Method::Get, url);
        self.answer(&call, 200)?.decode()
    }

    pub(super) fn post_comment(
        &self,
        issue: &IssueRef,
        body: &str,
    ) -> Result<String, ServiceError> {
        let name = format!("comment on {issue}");
        let url = self.issue_address(issue, &["comments"]);
        let call = Call {
            // A second comment would stand there for good.
            repeatable: false,
            ..self.write(&name, Method::Post, url, Some(&json!({"body": body})))
        };
        let written: RestId = self.answer(&call, 201)?.decode()?;
        Ok(written.id.to_string())
    }

    pub(super) fn patch_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
        body: &str,
    ) -> Result<(), ServiceError> {
        let name = format!("edit comment {comment} on {issue}");
        let url = self.comment_address(issue, comment);
        let call = self.write(&name, Method::Patch, url, Some(&json!({"body": body})));
        self.answer(&call, 200).map(drop)
    }

    pub(super) fn remove_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
    ) -> Result<(), ServiceError> {
        let name = format!("delete comment {comment} on {issue}");
        let url = self.comment_address(issue, comment);
        let call = self.write(&name, Method::Delete, url, None);
        match self.answer(&call, 204) {
            Ok(_) => Ok(()),
            Err(error) if error.kind == FailureKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Opens or closes an issue; GitHub ignores the reason when the state is that already.
    pub(super) fn set_state(
        &self,
        issue: &IssueRef,
        state: &str,
        reason: &str,
        what: &str,
    ) -> Result<(), ServiceError> {
        let name = format!("{what} {issue}");
        let url = self.issue_address(issue, &[]);
        let body = json!({"state": state, "state_reason": reason});
        let call = self.write(&name, Method::Patch, url, Some(&body));
        let shown: RestState = self.answer(&call, 200)?.decode()?;
        if shown.state == state {
            Ok(())
        } else {
            Err(refused(
                &name,
                &format!("GitHub still shows it as {}", shown.state),
            ))
        }
    }

    /// Prepares a write that may be sent twice.
    fn write<'c>(
        &'c self,
        name: &'c str,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Call<'c> {
        Call {
            json: body.map(|body| body.to_string().into_bytes()),
            repeatable: true,
            ..self.sender.call(name, method, url)
        }
    }

    /// Sends a request; any status but the `expected` one is an error.
    pub(super) fn answer<'c>(
        &self,
        call: &'c Call<'c>,
        expected: u16,
    ) -> Result<Answer<'c>, ServiceError> {
        let answer = self.sender.send(call)?;
        if answer.status == expected {
            Ok(answer)
        } else {
            Err(self.sender.failure(call, answer))
        }
    }

    fn issue_address(&self, issue: &IssueRef, rest: &[&str]) -> Url {
        let IssueRef { repo, number } = issue;
        let number = number.to_string();
        let mut segments = vec!["repos", repo.owner(), repo.name(), "issues", &number];
        segments.extend_from_slice(rest);
        self.sender.address(&segments)
    }

    fn comment_address(&self, issue: &IssueRef, comment: &str) -> Url {
        let repo = &issue.repo;
        self.sender.address(&[
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            "comments",
            comment,
        ])
    }
}

/// The label as it is stored, when it is shown.
fn shown_as<'n>(shown: &'n [Named], label: &str) -> Option<&'n str> {
    shown
        .iter()
        .map(|shown| shown.name.as_str())
        .find(|shown| shown.to_lowercase() == label.to_lowercase())
}

fn refused(name: &str, detail: &str) -> ServiceError {
    ServiceError::new(SERVICE, name, FailureKind::Refused, detail)
}
