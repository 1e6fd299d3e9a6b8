//! What GitHub's Deployments API says about a commit (`contracts/github` section 13).

use chrono::{DateTime, TimeDelta, Utc};

use super::newer::{Newer, beside};
use crate::domain::verdict::build::WAITS;
use crate::domain::verdict::ci::{CommitSha, FailedCheck, Hold, StageOutcome};

/// How long one that has not ended may say nothing before another is made, and still be under way beside it where no workflow of its
/// commit is. A job that was cancelled never says how it ended.
const SILENT_MAX: TimeDelta = TimeDelta::minutes(5);

/// One deployment to one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeDeployment {
    /// The commit, as the forge writes it.
    pub commit: String,
    /// What its newest status says.
    pub state: DeploymentState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its newest status came; `None` without one.
    pub changed_at: Option<DateTime<Utc>>,
    /// Where to look.
    pub url: Option<String>,
}

/// The newest status of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentState {
    /// None yet, or under way.
    Pending,
    /// A person has to approve it.
    Waiting,
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// It had succeeded, and a later one took its place.
    Inactive,
    /// A word we do not know; pending, bounded by time.
    Unknown(String),
}

impl DeploymentState {
    /// Reads the forge's word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "success" => Self::Success,
            "failure" | "error" => Self::Failure,
            "inactive" => Self::Inactive,
            "in_progress" | "queued" | "pending" => Self::Pending,
            "waiting" => Self::Waiting,
            _ => Self::Unknown(word.to_owned()),
        }
    }
}

/// Folds the deployments of one environment, newest first, into what they say about `commit`. The newest one of the commit
/// counts, with those that were under way beside it, as a matrix makes them; one of a newer commit that contains it helps, and never
/// hurts. `workflows_ended` tells of a commit whether all of its workflows are known to have ended: then none of its deployments goes on.
#[must_use]
pub fn fold_deployments(
    deployments: &[ForgeDeployment],
    environment: &str,
    commit: &CommitSha,
    descendants: &[CommitSha],
    workflows_ended: &dyn Fn(&str) -> bool,
) -> StageOutcome {
    let is_of = |deployment: &ForgeDeployment, commit: &CommitSha| {
        deployment.commit.eq_ignore_ascii_case(commit.as_str())
    };
    let said_by = |deployment: &ForgeDeployment| {
        let may_be_left = workflows_ended(&deployment.commit);
        together(deployments, deployment, environment, may_be_left)
    };
    let own = deployments
        .iter()
        .position(|deployment| is_of(deployment, commit));
    let said = own.map_or(StageOutcome::None, |index| said_by(&deployments[index]));
    if let StageOutcome::Success { .. } = said {
        return said;
    }
    let later: Vec<&ForgeDeployment> = deployments[..own.unwrap_or(deployments.len())]
        .iter()
        .filter(|deployment| descendants.iter().any(|newer| is_of(deployment, newer)))
        .collect();
    let success = later.iter().find(|deployment| {
        matches!(
            deployment.state,
            DeploymentState::Success | DeploymentState::Inactive
        )
    });
    if let Some(success @ StageOutcome::Success { .. }) = success.map(|success| said_by(success)) {
        return success;
    }
    let mut newer: Vec<Newer<'_>> = Vec::new();
    for deployment in later {
        let commit = deployment.commit.as_str();
        if newer
            .iter()
            .all(|known| !known.commit.eq_ignore_ascii_case(commit))
        {
            let mut said = said_by(deployment);
            // It deploys nothing any more, and what took its place is not known to contain it.
            if deployment.state == DeploymentState::Inactive
                && said == outcome(deployment, environment)
            {
                let place =
                    format!("another deployment to {environment} took the place of this one");
                said = StageOutcome::OnlyNewer { said: place };
            }
            newer.push(Newer {
                commit,
                number: None,
                said,
                is_telling: true,
            });
        }
    }
    let being_deployed = |_: &str| format!("a newer commit is being deployed to {environment}");
    beside((said, None), &newer, &being_deployed).0
}

/// What a deployment says with those of the same commit that were under way beside it: the worst counts. One whose place another of
/// them took is in nobody's way, nor is one that was left without an end, where that `may_be`.
fn together(
    deployments: &[ForgeDeployment],
    one: &ForgeDeployment,
    environment: &str,
    may_be_left: bool,
) -> StageOutcome {
    let beside: Vec<&ForgeDeployment> = deployments
        .iter()
        .filter(|other| other.commit.eq_ignore_ascii_case(&one.commit))
        .filter(|other| {
            let is_apart = |one, other| over_before(one, other, may_be_left);
            !is_apart(other, one) && !is_apart(one, other)
        })
        .collect();
    let is_inactive = |one: &&ForgeDeployment| one.state == DeploymentState::Inactive;
    let others_tell = !beside.iter().all(is_inactive);
    let said = beside
        .into_iter()
        .filter(|one| !(others_tell && is_inactive(one)))
        .map(|deployment| outcome(deployment, environment));
    said.min_by_key(|said| (said.badness(), std::cmp::Reverse(said.ended_at())))
        .unwrap_or_else(|| outcome(one, environment))
}

/// Whether a deployment was over before another was made: it had ended, or was left without a word for [`SILENT_MAX`] and ever since,
/// where that `may_be`. Without the time of its end one that ended was not.
fn over_before(one: &ForgeDeployment, other: &ForgeDeployment, may_be_left: bool) -> bool {
    match one.state {
        DeploymentState::Success | DeploymentState::Failure | DeploymentState::Inactive => {
            one.changed_at.is_some_and(|ended| ended < other.created_at)
        }
        DeploymentState::Pending | DeploymentState::Waiting | DeploymentState::Unknown(_) => {
            may_be_left && one.changed_at.unwrap_or(one.created_at) + SILENT_MAX < other.created_at
        }
    }
}

fn outcome(deployment: &ForgeDeployment, environment: &str) -> StageOutcome {
    let what = |what: &str| FailedCheck {
        name: format!("deployment to {environment} {what}"),
        url: deployment.url.clone(),
        excerpt: None,
    };
    let changed_at = deployment.changed_at.or(Some(deployment.created_at));
    match &deployment.state {
        DeploymentState::Pending => StageOutcome::Pending {
            detail: format!("the deployment to {environment} is under way"),
        },
        DeploymentState::Waiting => StageOutcome::Blocked {
            hold: Hold::Waits,
            since: changed_at,
            what: what(WAITS),
        },
        DeploymentState::Success => StageOutcome::Success {
            ended_at: changed_at,
        },
        DeploymentState::Failure => StageOutcome::Failure {
            concluded_at: changed_at,
            checks: vec![what("failed")],
        },
        DeploymentState::Inactive => StageOutcome::Pending {
            detail: format!(
                "another deployment to {environment} took its place, and it is not known to contain the commit"
            ),
        },
        DeploymentState::Unknown(word) => StageOutcome::Pending {
            detail: format!(
                "the deployment to {environment} says '{word}', a word that is not known here"
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// One that was made at `seconds`, and changed last a minute later.
    fn deployment(letter: char, word: &str, seconds: i64) -> ForgeDeployment {
        ForgeDeployment {
            commit: sha(letter).to_string(),
            state: DeploymentState::parse(word),
            created_at: at(seconds),
            changed_at: Some(at(seconds + 60)),
            url: Some(format!("https://ci.example/{letter}")),
        }
    }

    /// One after the other, `gap` seconds apart.
    fn made(deployments: &[(char, &str)], gap: i64) -> Vec<ForgeDeployment> {
        let after_others = deployments.iter().rev().zip(0..);
        let mut made: Vec<_> = after_others
            .map(|((letter, word), place)| deployment(*letter, word, place * gap))
            .collect();
        made.reverse();
        made
    }

    /// `a` is ours, `b` contains it, `c` is anything else; newest first, each made after the one before it had ended.
    fn short(deployments: &[(char, &str)]) -> String {
        short_of(&made(deployments, 100))
    }

    fn short_of(deployments: &[ForgeDeployment]) -> String {
        short_beside(deployments, true)
    }

    /// As [`short_of`], where workflows are under way or have ended.
    fn short_beside(deployments: &[ForgeDeployment], have_ended: bool) -> String {
        let newer = [sha('b')];
        let said = fold_deployments(deployments, "production", &sha('a'), &newer, &|_| {
            have_ended
        });
        match said {
            StageOutcome::None => "none".to_owned(),
            StageOutcome::OnlyNewer { said } => format!("only newer: {said}"),
            StageOutcome::Pending { detail } => format!("pending: {detail}"),
            StageOutcome::Blocked { hold, what, .. } => format!("{hold:?}: {}", what.name),
            StageOutcome::Success { ended_at } => {
                let ended_at = ended_at.unwrap().timestamp();
                assert!(
                    deployments
                        .iter()
                        .any(|one| one.created_at.timestamp() + 60 == ended_at)
                );
                "success".to_owned()
            }
            StageOutcome::Failure { checks, .. } => format!("failure: {}", checks[0].name),
            other @ (StageOutcome::NotNamed { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Superseded) => {
                panic!("{other:?}")
            }
        }
    }

    const UNDER_WAY: &str = "pending: the deployment to production is under way";

    #[test]
    fn every_word_of_our_own_deployment_has_its_outcome() {
        for (word, expected) in [
            ("success", "success"),
            ("SUCCESS", "success"),
            ("failure", "failure: deployment to production failed"),
            ("error", "failure: deployment to production failed"),
            ("queued", UNDER_WAY),
            ("in_progress", UNDER_WAY),
            ("pending", UNDER_WAY),
            (
                "WAITING",
                "Waits: deployment to production waits for a person to approve it, or for a timer of its environment",
            ),
            (
                "inactive",
                "pending: another deployment to production took its place, and it is not known to contain the commit",
            ),
            (
                "odd",
                "pending: the deployment to production says 'odd', a word that is not known here",
            ),
        ] {
            assert_eq!(short(&[('a', word)]), expected, "{word}");
        }
        assert_eq!(short(&[]), "none");
        assert_eq!(short(&[('c', "success")]), "none");
    }

    #[test]
    fn the_newest_of_ours_counts_and_a_newer_commit_helps_and_never_hurts() {
        let newer = "pending: a newer commit is being deployed to production";
        let own_and_newer = "pending: deployment to production failed (https://ci.example/a); a newer commit is being deployed to production";
        let waits_and_newer = "pending: deployment to production waits for a person to approve it, or for a timer of its environment (https://ci.example/a); a newer commit is being deployed to production";
        let waits = "Waits: deployment to production waits for a person to approve it, or for a timer of its environment";
        let replaced = "only newer: another deployment to production took the place of this one";
        let failed = "failure: deployment to production failed";
        for (deployments, expected) in [
            (vec![('a', "success"), ('a', "failure")], "success"),
            (vec![('a', "failure"), ('a', "success")], failed),
            (vec![('b', "success"), ('a', "inactive")], "success"),
            (vec![('b', "success"), ('a', "failure")], "success"),
            (vec![('b', "success")], "success"),
            (vec![('b', "failure"), ('a', "success")], "success"),
            (vec![('b', "failure"), ('a', "failure")], failed),
            (vec![('b', "failure"), ('a', "queued")], UNDER_WAY),
            (
                vec![('b', "failure")],
                "only newer: deployment to production failed (https://ci.example/b)",
            ),
            (vec![('b', "queued"), ('a', "failure")], own_and_newer),
            (vec![('b', "queued"), ('a', "waiting")], waits_and_newer),
            (vec![('b', "waiting"), ('a', "waiting")], waits),
            (vec![('b', "waiting")], newer),
            (vec![('c', "success"), ('b', "inactive")], replaced),
            (
                vec![('c', "success"), ('b', "inactive"), ('a', "failure")],
                failed,
            ),
            (
                vec![('c', "success"), ('b', "inactive"), ('a', "waiting")],
                waits,
            ),
            (
                vec![('b', "queued"), ('b', "inactive"), ('a', "failure")],
                own_and_newer,
            ),
            (
                vec![('b', "failure"), ('b', "success"), ('a', "queued")],
                "success",
            ),
            // An older one says nothing about ours.
            (vec![('a', "failure"), ('b', "success")], failed),
            (vec![('c', "failure"), ('a', "queued")], UNDER_WAY),
        ] {
            assert_eq!(short(&deployments), expected, "{deployments:?}");
        }
    }

    /// A matrix deploys to several places at once. Every pair of words, of ours and of a newer commit that contains it.
    #[test]
    fn of_deployments_under_way_at_once_the_worst_counts() {
        let waits = "Waits: deployment to production waits for a person to approve it, or for a timer of its environment";
        let failed = "failure: deployment to production failed";
        let inactive = short(&[('a', "inactive")]);
        let odd = short(&[('a', "odd")]);
        for newest in ["success", "failure", "inactive", "queued", "waiting", "odd"] {
            for other in ["success", "failure", "inactive", "queued", "waiting", "odd"] {
                let both = [newest, other];
                let expected = if both.contains(&"failure") {
                    failed
                } else if both.contains(&"waiting") {
                    waits
                } else if both.contains(&"queued") || both.contains(&"odd") {
                    "pending"
                } else if both.contains(&"success") {
                    "success"
                } else {
                    "pending"
                };
                // A second apart, and made in the very second in which the older one ended.
                for gap in [1, 60] {
                    let ours = made(&[('a', newest), ('a', other)], gap);
                    let said = short_of(&ours);
                    let is_pending = [UNDER_WAY, &inactive, &odd].contains(&said.as_str());
                    let said = if is_pending { "pending" } else { &said };
                    assert_eq!(said, expected, "{newest} {other}");
                    let newer = made(&[('b', newest), ('b', other)], gap);
                    let said = short_of(&newer);
                    assert_eq!(said == "success", expected == "success", "{newest} {other}");
                    let only = said.starts_with("only newer: ");
                    let is_over = both == ["inactive", "inactive"] || expected == failed;
                    assert_eq!(only, is_over, "{newest} {other}: {said}");
                }
                // One that has not ended is not over at once.
                let later = short_of(&made(&[('a', newest), ('a', other)], 61));
                let has_ended = ["success", "failure", "inactive"].contains(&other);
                if has_ended {
                    assert_eq!(later, short(&[('a', newest)]), "{newest} {other}");
                } else {
                    assert_ne!(later, "success", "{newest} {other}");
                }
            }
        }
        // The end of the last is the end of all.
        let all = made(&[('a', "success"), ('a', "success"), ('a', "inactive")], 20);
        assert_eq!(
            fold_deployments(&all, "production", &sha('a'), &[], &|_| true),
            StageOutcome::Success {
                ended_at: Some(at(100))
            }
        );
        // What goes on tells more than what was replaced.
        for other in ["queued", "in_progress", "pending"] {
            for both in [["inactive", other], [other, "inactive"]] {
                let ours = made(&both.map(|word| ('a', word)), 1);
                assert_eq!(short_of(&ours), UNDER_WAY, "{both:?}");
            }
        }
        // Without the time of its end nothing is over.
        let mut unsaid = made(&[('a', "success"), ('a', "failure")], 100);
        unsaid[1].changed_at = None;
        assert_eq!(short_of(&unsaid), failed);
    }

    /// A job that was cancelled leaves its deployment as it was; the one that is started again makes another.
    #[test]
    fn one_that_was_left_without_an_end_is_outweighed_by_a_later_one() {
        let failed = "failure: deployment to production failed";
        let waits = short(&[('a', "waiting")]);
        for left in ["queued", "in_progress", "pending", "waiting", "odd"] {
            let alone = short(&[('a', left)]);
            // A minute after it was made it said its last word, and nothing for five minutes before the next one.
            for (gap, is_over) in [(100, false), (360, false), (361, true), (9000, true)] {
                let said = |letter, newest| short_of(&made(&[(letter, newest), ('a', left)], gap));
                let expected = if is_over { "success" } else { alone.as_str() };
                assert_eq!(said('a', "success"), expected, "{left} {gap}");
                // A second job of a workflow that goes on began late.
                let beside = made(&[('a', "success"), ('a', left)], gap);
                assert_eq!(short_beside(&beside, false), alone, "{left} {gap}");
                assert_eq!(said('a', "failure"), failed, "{left} {gap}");
                // A newer one that has not ended is waited for, whatever an older one said.
                let before = short_of(&made(&[('a', left), ('a', "success")], gap));
                assert_eq!(before, alone, "{left} {gap}");
                let newer = made(&[('b', "success"), ('b', left), ('a', "failure")], gap);
                assert_eq!(short_of(&newer) == "success", is_over, "{left} {gap}");
            }
            // It spoke since, or never did.
            let mut spoke = made(&[('a', "success"), ('a', left)], 3000);
            spoke[1].changed_at = Some(at(2900));
            assert_eq!(short_of(&spoke), alone, "{left}");
            spoke[1].changed_at = Some(at(3500));
            assert_eq!(short_of(&spoke), alone, "{left}");
            spoke[1].changed_at = None;
            assert_eq!(short_of(&spoke), "success", "{left}");
        }
        // Three of one matrix: two were left behind, and the third waits beside the new one.
        let mut three = made(&[('a', "success"), ('a', "waiting"), ('a', "queued")], 10);
        three[2].created_at = at(-5000);
        three[2].changed_at = None;
        assert_eq!(short_of(&three), waits);
    }

    /// Every word of ours beside every word of a newer commit's, before and after it, with a stranger's between.
    #[test]
    fn every_pair_of_words() {
        let words = [
            "success",
            "failure",
            "error",
            "inactive",
            "in_progress",
            "queued",
            "pending",
            "waiting",
            "odd",
        ];
        let being_deployed =
            "(https://ci.example/a); a newer commit is being deployed to production";
        let failed = format!("pending: deployment to production failed {being_deployed}");
        let held = format!("pending: deployment to production {WAITS} {being_deployed}");
        for own in words {
            let alone = short(&[('a', own)]);
            for other in words {
                let open = ["in_progress", "queued", "pending", "waiting", "odd"];
                let expected = match (own, other) {
                    ("success", _) | (_, "success") => "success",
                    ("failure" | "error", other) if open.contains(&other) => &failed,
                    ("waiting", other) if open.contains(&other) && other != "waiting" => &held,
                    _ => &alone,
                };
                for stranger in words {
                    let later = [('b', other), ('c', stranger), ('a', own)];
                    assert_eq!(short(&later), expected, "{own} {other} {stranger}");
                    let earlier = [('a', own), ('c', stranger), ('b', other)];
                    assert_eq!(short(&earlier), alone, "{own} {other} {stranger}");
                }
                // Of two newer ones that contain it, one that succeeded is enough; the newest says what goes on.
                let two = [('b', other), ('b', "failure"), ('a', own)];
                assert_eq!(short(&two), expected, "{own} {other}");
            }
            assert_eq!(short(&[('c', own)]), "none");
        }
    }

    /// Every word of a newer commit, and of one newer than that, beside ours.
    #[test]
    fn of_two_newer_commits_all_that_goes_on_is_waited_for_and_the_first_failure_tells() {
        let words = ["success", "failure", "queued", "waiting"];
        let newer = [sha('b'), sha('d')];
        let said = |deployments: &[ForgeDeployment]| {
            let ended = |_: &str| true;
            fold_deployments(deployments, "production", &sha('a'), &newer, &ended)
        };
        for own in ["failure", "waiting", "none"] {
            for first in words {
                for second in words {
                    let mut all = vec![('d', second), ('b', first)];
                    all.extend((own != "none").then_some(('a', own)));
                    let made = made(&all, 100);
                    let both = [second, first];
                    let expected = if both.contains(&"success") {
                        "success"
                    } else if own == "failure" && both.contains(&"failure") {
                        "failure"
                    } else if both.contains(&"queued") || (second == "waiting" && own != "waiting")
                    {
                        "pending"
                    } else if own == "waiting" {
                        "blocked"
                    } else {
                        "only newer"
                    };
                    let word = match said(&made) {
                        StageOutcome::Success { .. } => "success",
                        StageOutcome::Pending { .. } => "pending",
                        StageOutcome::Blocked { .. } => "blocked",
                        StageOutcome::OnlyNewer { .. } => "only newer",
                        StageOutcome::Failure { concluded_at, .. } => {
                            // Ours ended at 60, the first newer one at 160.
                            let ended = if first == "failure" { 160 } else { 260 };
                            assert_eq!(concluded_at, Some(at(ended)), "{first} {second}");
                            "failure"
                        }
                        other @ (StageOutcome::None
                        | StageOutcome::NotNamed { .. }
                        | StageOutcome::Unreadable { .. }
                        | StageOutcome::Superseded) => panic!("{other:?}"),
                    };
                    assert_eq!(word, expected, "{own} {first} {second}");
                }
            }
        }
    }
}
