//! What a Forgejo or Gitea does for writers, and what it says it did.

use serde_json::{Value, json};

use super::super::http_server::{Request, Response};
use super::state::{Dependency, LabelOwner, Level, What};
use super::{Inner, Refused, ServerKind, unknown_route};

impl Inner {
    pub(super) fn write(
        &mut self,
        method: &str,
        id: u64,
        rest: &[&str],
        request: &Request,
    ) -> Result<Response, Refused> {
        let body = if request.body.is_empty() {
            Value::Null
        } else {
            request
                .json()
                .ok_or_else(|| self.message(422, "invalid character"))?
        };
        match (method, rest) {
            ("POST", ["labels"]) => self.create_label(id, &body),
            ("POST", ["issues", number, "labels"]) => self.add_labels(id, number, &body),
            ("DELETE", ["issues", number, "labels", label]) => {
                self.delete_label(id, number, label, request)
            }
            ("POST", ["issues", number, "comments"]) => self.create_comment(id, number, &body),
            ("PATCH", ["issues", "comments", comment]) => {
                self.edit_comment(id, comment, Some(&body))
            }
            ("DELETE", ["issues", "comments", comment]) => self.edit_comment(id, comment, None),
            ("PATCH", ["issues", number]) => self.edit_issue(id, number, &body),
            _ => Err(unknown_route()),
        }
    }

    fn may_write(&self, id: u64) -> bool {
        let home = &self.state.repositories[&id];
        self.state.unit_level(home, self.viewer, "repo.issues") >= Level::Write
    }

    fn number(&self, id: u64, number: &str) -> Result<u64, Refused> {
        let number: Option<u64> = number.parse().ok();
        number
            .filter(|number| self.state.issue(id, *number).is_some())
            .ok_or_else(|| self.not_found())
    }

    /// How each server refuses to label.
    fn no_right_to_label(&self) -> Response {
        match self.options.kind {
            ServerKind::Forgejo11 => Response::text(
                403,
                "text/html; charset=utf-8",
                "\n<!DOCTYPE html>\n<html><title>Internal server error</title></html>",
            ),
            ServerKind::Forgejo13 => Response::empty(403),
            ServerKind::Gitea126 => self.message(403, "write permission is required"),
        }
    }

    /// The same name again makes a second label.
    fn create_label(&mut self, id: u64, body: &Value) -> Result<Response, Refused> {
        if !self.may_write(id) {
            return Err(self.message(403, "user should have a permission to write to a repo"));
        }
        let (name, color) = (body["name"].as_str(), body["color"].as_str());
        let (Some(name), Some(color)) = (name, color) else {
            return Err(self.message(422, "[Color]: Required"));
        };
        let (name, color) = (name.to_owned(), color.to_owned());
        let label = self
            .state
            .new_label(LabelOwner::Repository(id), &name, &color);
        let label = self.state.label(label).expect("just made");
        Ok(Response::json(201, &self.label(label)))
    }

    /// Names or ids; what is not known is left out without a word.
    fn add_labels(&mut self, id: u64, number: &str, body: &Value) -> Result<Response, Refused> {
        let number = self.number(id, number)?;
        if !self.may_write(id) {
            return Err(self.no_right_to_label());
        }
        let Some(wanted) = body["labels"].as_array() else {
            return Err(self.message(422, "cannot unmarshal"));
        };
        if wanted.iter().any(Value::is_string) && wanted.iter().any(Value::is_number) {
            return Err(self.message(400, "labels should be an array of strings or integers"));
        }
        let usable: Vec<u64> = self
            .state
            .usable_labels(id)
            .into_iter()
            .filter(|label| {
                wanted.iter().any(|wanted| {
                    wanted.as_u64() == Some(label.id) || wanted.as_str() == Some(&label.name)
                })
            })
            .map(|label| label.id)
            .collect();
        let viewer = self.viewer;
        for label in usable {
            self.state.add_label(id, number, viewer, label);
        }
        let shown = &self.state.issue(id, number).expect("just found").labels;
        Ok(Response::json(200, &self.labels(shown)))
    }

    fn delete_label(
        &mut self,
        id: u64,
        number: &str,
        label: &str,
        request: &Request,
    ) -> Result<Response, Refused> {
        let number = self.number(id, number)?;
        if !self.may_write(id) {
            return Err(Response::empty(403));
        }
        let known = label.parse::<u64>().ok();
        let known = known
            .and_then(|label| self.state.label(label))
            .map(|label| label.id);
        let by_name = || {
            (self.options.kind == ServerKind::Forgejo13)
                .then(|| self.state.usable_labels(id))?
                .into_iter()
                .find(|known| known.name == label)
                .map(|label| label.id)
        };
        let Some(found) = known.or_else(by_name) else {
            return Err(self.message(422, "label does not exist [label_id: 0]"));
        };
        let viewer = self.viewer;
        self.state.remove_label(id, number, viewer, found);
        let as_github = request
            .header("accept")
            .is_some_and(|accept| accept.contains("github"));
        if as_github && self.options.kind == ServerKind::Forgejo13 {
            let shown = &self.state.issue(id, number).expect("just found").labels;
            return Ok(Response::json(200, &self.labels(shown)));
        }
        Ok(Response::empty(204))
    }

    fn create_comment(&mut self, id: u64, number: &str, body: &Value) -> Result<Response, Refused> {
        let number = self.number(id, number).map_err(|refused| {
            if self.options.kind.is_gitea() {
                self.message(500, "")
            } else {
                refused
            }
        })?;
        let home = &self.state.repositories[&id];
        if home.archived {
            let text = format!("{} is archived", self.state.full_name(home));
            return Err(self.message(423, &text));
        }
        if home.issues[&number].locked && !self.may_write(id) {
            return Err(self.message(403, "locked"));
        }
        let text = body["body"].as_str().unwrap_or_default().to_owned();
        if text.is_empty() {
            return Err(self.message(422, "[Body]: Required"));
        }
        let viewer = self.viewer;
        self.state.record(id, number, viewer, What::Comment(text));
        let home = &self.state.repositories[&id];
        let entry = home.issues[&number].entries.last().expect("just made");
        Ok(Response::json(201, &self.comment(home, number, entry)))
    }

    /// Edits a comment, or deletes it. An id that is no comment's is answered as if something had been done.
    fn edit_comment(
        &mut self,
        id: u64,
        comment: &str,
        body: Option<&Value>,
    ) -> Result<Response, Refused> {
        let comment: u64 = comment.parse().map_err(|_| self.not_found())?;
        let now = self.state.now();
        let place = self.state.repositories[&id]
            .issues
            .values()
            .find_map(|issue| {
                let place = issue.entries.iter().position(|entry| entry.id == comment)?;
                Some((issue.number, place))
            })
            .ok_or_else(|| self.not_found())?;
        let (number, index) = place;
        let viewer = self.viewer;
        let may = self.may_write(id);
        let entry = &mut self.state.issue_mut(id, number).entries[index];
        let What::Comment(text) = &mut entry.what else {
            return Ok(Response::empty(204));
        };
        if entry.user != viewer && !may {
            return Err(Response::empty(403));
        }
        let Some(body) = body else {
            self.state.issue_mut(id, number).entries.remove(index);
            return Ok(Response::empty(204));
        };
        body["body"].as_str().unwrap_or_default().clone_into(text);
        entry.updated = now;
        let home = &self.state.repositories[&id];
        let entry = &home.issues[&number].entries[index];
        Ok(Response::json(200, &self.comment(home, number, entry)))
    }

    fn edit_issue(&mut self, id: u64, number: &str, body: &Value) -> Result<Response, Refused> {
        let number = self.number(id, number)?;
        let viewer = self.viewer;
        // Who wrote it may close and open it, too.
        let is_poster = self.state.issue(id, number).expect("just found").user == viewer;
        if !self.may_write(id) && !is_poster {
            return Err(Response::empty(403));
        }
        match body["state"].as_str() {
            Some("open") => self.state.set_open(id, number, viewer, true),
            Some("closed") => {
                let issue = self.state.issue(id, number).expect("just found");
                let is_open = |dependency: &Dependency| match dependency {
                    Dependency::On { repository, number } => self
                        .state
                        .issue(*repository, *number)
                        .is_none_or(|on| on.open),
                    Dependency::Hidden => true,
                };
                if issue.dependencies.iter().any(is_open) {
                    let text = "cannot close this issue because it still has open dependencies";
                    return Err(self.message(412, text));
                }
                self.state.set_open(id, number, viewer, false);
            }
            Some(word) if self.options.kind.is_gitea() => {
                return Err(self.message(412, &format!("unknown state: {word}")));
            }
            Some(_) | None => {}
        }
        let home = &self.state.repositories[&id];
        let answer: Value = json!(self.issue(home, &home.issues[&number]));
        Ok(Response::json(201, &answer))
    }
}
