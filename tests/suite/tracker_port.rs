//! The port to a forge's issues, tried on every forge by the same functions: what its adapters promise alike.
//!
//! Each behaviour is one function over a [`stage::Stage`], which is the same small world on GitHub, on two Forgejos and on a Gitea.
//! What only one kind of forge has, or does, has its tests beside that adapter.

mod acts;
mod failures;
mod reads;
mod runs;
mod stage;

/// Makes a test of each behaviour for each forge, named `BEHAVIOUR::FORGE`.
macro_rules! on_every_forge {
    ($($file:ident: $($behaviour:ident),+ $(,)?;)+) => { $($(
        mod $behaviour {
            use super::$file::$behaviour as holds;
            use super::stage::{Place, Stage};
            use crate::support::place::told_at;

            fn tell(place: Place) {
                holds(&Stage::at(place));
            }

            told_at!(github, GitHub, tell);
            told_at!(forgejo_11, Forgejo11, tell);
            told_at!(forgejo_13, Forgejo13, tell);
            told_at!(gitea_1_26, Gitea126, tell);
        }
    )+)+ };
}

on_every_forge! {
    reads:
        a_survey_tells_what_is_ready_and_what_is_locked,
        a_survey_tells_of_the_repository,
        the_newest_labelling_is_the_authorisation,
        labels_of_another_case_are_not_the_ready_label,
        changes_of_state_and_title_are_told_with_who_and_in_order,
        whether_a_body_was_edited_is_told_or_said_to_be_hidden,
        permissions_are_told_of_the_account_that_was_asked_about,
        comments_are_told_with_author_and_edit,
        native_blockers_block_until_they_are_closed,
        blockers_that_the_body_names_are_looked_up,
        assignments_tell_since_when,
        a_named_parent_is_read_with_who_changed_it,
        a_pull_request_is_no_issue;
    acts:
        labels_are_swapped_and_made_where_they_are_missing,
        an_issue_is_closed_and_opened_again,
        a_comment_is_written_edited_and_deleted,
        a_comment_whose_answer_is_lost_is_written_once,
        nothing_is_written_to_what_is_not_there;
    runs:
        commits_are_told_newest_first_with_what_ci_says_of_the_runs_own,
        statuses_are_all_told_however_many,
        who_closed_an_issue_is_told_and_whether_it_was_a_commit,
        only_our_own_comments_are_told_and_edits_of_them,
        locks_are_told_open_or_closed,
        a_stray_is_read_back_to_its_beginning;
    failures:
        an_archived_repository_is_told_and_takes_no_comment,
        a_renamed_repository_says_its_name_and_is_not_written_to,
        what_is_missing_is_told_and_costs_the_others_nothing,
        a_refused_token_is_denied_everywhere,
        a_limit_that_the_tick_can_not_wait_for_is_told,
        a_short_limit_is_waited_out_once,
        an_answer_that_breaks_off_is_a_failure_and_no_empty_list;
}
