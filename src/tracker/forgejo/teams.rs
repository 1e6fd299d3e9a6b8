//! What the teams of an organisation let their members do in a repository (`contracts/forgejo` section 4.3).
//!
//! A permission look-up does not tell a team that may only edit issues from one that may push. Which teams there are does.
//! Pure: [`super::permission`] reads them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::issue::Permission;

/// One team with access to a repository.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireTeam {
    name: String,
    permission: String,
    #[serde(default)]
    units_map: Option<BTreeMap<String, String>>,
}

/// Who else than collaborators may have rights in a repository.
#[derive(Clone, Debug)]
pub(super) enum Teams {
    /// Nobody: it belongs to a person.
    OfPerson,
    /// The teams of its organisation.
    OfOrganisation(Vec<WireTeam>),
}

impl WireTeam {
    /// Whether members may write the unit; `None` when the answer does not say.
    fn writes(&self, unit: &str) -> Option<bool> {
        if matches!(self.permission.as_str(), "owner" | "admin") {
            return Some(true);
        }
        let units = self.units_map.as_ref()?;
        let level = units.get(unit).map_or("none", String::as_str);
        Some(!matches!(level, "none" | "read"))
    }
}

impl Teams {
    /// Names the team because of which `write` does not mean that somebody may push.
    pub(super) fn ambiguous(&self) -> Option<&str> {
        self.of_organisation()
            .iter()
            .find(|team| team.permission == "write" && team.writes("repo.code") != Some(true))
            .map(|team| team.name.as_str())
    }

    /// Names the team because of which `read` or `none` does not mean that somebody may not push: newer Giteas say so of every
    /// member of a team that has rights by units (`hides_units`), and the others show the lowest unit that is not none.
    pub(super) fn shown_too_low(&self, permission: Permission, hides_units: bool) -> Option<&str> {
        let shows_less = |team: &WireTeam| {
            hides_units || (permission == Permission::Read && team.permission != "write")
        };
        self.of_organisation()
            .iter()
            .filter(|team| !matches!(team.permission.as_str(), "owner" | "admin"))
            .find(|team| team.writes("repo.code") != Some(false) && shows_less(team))
            .map(|team| team.name.as_str())
    }

    /// Whether there are people who can edit issues of others and may not push.
    pub(super) fn edit_without_push(&self) -> bool {
        self.of_organisation().iter().any(|team| {
            team.writes("repo.issues") != Some(false) && team.writes("repo.code") != Some(true)
        })
    }

    fn of_organisation(&self) -> &[WireTeam] {
        match self {
            Self::OfPerson => &[],
            Self::OfOrganisation(teams) => teams,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(permission: &str, units: Option<&[(&str, &str)]>) -> WireTeam {
        WireTeam {
            name: "t".to_owned(),
            permission: permission.to_owned(),
            units_map: units.map(|units| {
                units
                    .iter()
                    .map(|(unit, level)| (format!("repo.{unit}"), (*level).to_owned()))
                    .collect()
            }),
        }
    }

    #[test]
    fn teams_that_may_write_issues_and_not_code_make_write_mean_little() {
        for (permission, units, ambiguous, edits) in [
            ("owner", None, false, false),
            ("admin", None, false, false),
            (
                "admin",
                Some(&[("code", "admin"), ("issues", "admin")][..]),
                false,
                false,
            ),
            // Issues alone: shown as write.
            ("write", Some(&[("issues", "write")]), true, true),
            // With code to read, its members show as read.
            (
                "read",
                Some(&[("code", "read"), ("issues", "write")]),
                false,
                true,
            ),
            (
                "write",
                Some(&[("code", "write"), ("issues", "write")]),
                false,
                false,
            ),
            ("write", Some(&[("code", "write")]), false, false),
            (
                "read",
                Some(&[("code", "write"), ("wiki", "read")]),
                false,
                false,
            ),
            (
                "write",
                Some(&[("code", "none"), ("wiki", "write")]),
                true,
                false,
            ),
            (
                "read",
                Some(&[("code", "read"), ("issues", "read")]),
                false,
                false,
            ),
            ("none", Some(&[]), false, false),
            // An answer that does not say.
            ("write", None, true, true),
            ("read", None, false, true),
        ] {
            let teams = Teams::OfOrganisation(vec![team(permission, units)]);
            assert_eq!(
                (teams.ambiguous().is_some(), teams.edit_without_push()),
                (ambiguous, edits),
                "{permission} {units:?}"
            );
        }
        assert_eq!(Teams::OfPerson.ambiguous(), None);
        assert!(!Teams::OfPerson.edit_without_push());
    }

    #[test]
    fn what_is_shown_below_write_is_certain_only_where_no_team_may_push_unseen() {
        let (code, mixed) = (
            &[("code", "write")][..],
            &[("code", "write"), ("wiki", "read")][..],
        );
        let triage = &[("issues", "write")][..];
        // | team | units | read | none, on a server that shows units | and on one that hides them |
        for (permission, units, read, none, hidden) in [
            ("owner", None, false, false, false),
            ("admin", Some(code), false, false, false),
            ("write", Some(code), false, false, true),
            ("read", Some(mixed), true, false, true),
            // Gitea from 1.24 on.
            ("none", Some(code), true, false, true),
            ("write", Some(triage), false, false, false),
            ("read", Some(&[("code", "read")][..]), false, false, false),
            // An answer that does not say.
            ("read", None, true, false, true),
        ] {
            let teams = Teams::OfOrganisation(vec![team(permission, units)]);
            let shown = |permission, hides| teams.shown_too_low(permission, hides).is_some();
            assert_eq!(
                (
                    shown(Permission::Read, false),
                    shown(Permission::None, false)
                ),
                (read, none),
                "{permission} {units:?}"
            );
            for word in [Permission::Read, Permission::None] {
                assert_eq!(shown(word, true), hidden, "{permission} {units:?}");
            }
        }
        assert_eq!(Teams::OfPerson.shown_too_low(Permission::None, true), None);
    }

    #[test]
    fn one_such_team_among_others_is_enough() {
        let teams = Teams::OfOrganisation(vec![
            team("owner", None),
            team("write", Some(&[("code", "write"), ("issues", "write")])),
            team("write", Some(&[("issues", "write")])),
        ]);
        assert_eq!(teams.ambiguous(), Some("t"));
        assert!(teams.edit_without_push());
    }
}
