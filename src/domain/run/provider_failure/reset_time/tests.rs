//! Moments in the ways that errors tell them.

use super::*;

/// A Saturday.
const SAID_AT: &str = "2026-11-28T02:00:00Z";

fn told(text: &str) -> String {
    let told = told_time(text, SAID_AT.parse().unwrap());
    told.map_or_else(
        || "-".to_owned(),
        |told| told.at.format("%m-%dT%H:%M:%S").to_string(),
    )
}

#[test]
fn moments_are_read_in_the_ways_that_errors_have() {
    for (text, expected) in [
        // Epochs.
        ("Claude AI usage limit reached|1795846200", "11-28T06:10:00"),
        (
            "Claude AI usage limit reached|1795846200000",
            "11-28T06:10:00",
        ),
        (
            "usage_limit_reached, \"resets_at\":1795846200",
            "11-28T06:10:00",
        ),
        ("limit, resets at 1795846200.", "11-28T06:10:00"),
        // Long ago, and in another life: not believed.
        ("Claude AI usage limit reached|1751234567", "-"),
        ("Claude AI usage limit reached|4102444800", "-"),
        ("Claude AI usage limit reached|17", "-"),
        (
            "You will regain access on 2026-12-01 at 00:00 UTC.",
            "12-01T00:00:00",
        ),
        // As Gemini and OpenCode tell it.
        (
            "You have exhausted your capacity on this model. Your quota will reset after 13h33m1s.",
            "11-28T15:33:01",
        ),
        (
            "Free usage exceeded, add credits https://e.org/zen [retrying in 17h 42m attempt #1]",
            "11-28T19:42:00",
        ),
        // Times of day with a zone.
        ("You've hit your limit · resets 3am (UTC)", "11-28T03:00:00"),
        ("You've hit your limit · resets 5am (UTC)", "11-28T05:00:00"),
        ("resets 1am (UTC)", "11-29T01:00:00"),
        ("resets 1:30am (UTC)", "11-29T01:30:00"),
        ("resets 12am (UTC)", "11-29T00:00:00"),
        ("resets 12pm UTC", "11-28T12:00:00"),
        ("resets 11:59 p.m. (UTC)", "11-28T23:59:00"),
        ("resets at 14:00 UTC.", "11-28T14:00:00"),
        ("resets 14:00:30 UTC.", "11-28T14:00:30"),
        ("resets 1:58am (UTC)", "11-28T01:58:00"),
        ("resets 7:30 pm (GMT+2)", "11-28T17:30:00"),
        ("resets at 09:00 UTC+05:30", "11-28T03:30:00"),
        ("resets at 23:00 -0800", "11-28T07:00:00"),
        ("resets 3am PST", "11-28T11:00:00"),
        ("resets 3am CET", "11-28T02:00:00"),
        ("resets midnight UTC", "11-29T00:00:00"),
        ("resets at noon UTC", "11-28T12:00:00"),
        ("resets 3am (Etc/UTC)", "11-28T03:00:00"),
        // Places.
        ("resets 3am (Europe/Berlin)", "11-28T02:00:00"),
        ("resets 4am (Europe/Berlin)", "11-28T03:00:00"),
        ("resets 3am (America/New_York)", "11-28T08:00:00"),
        ("resets 11pm (America/Los_Angeles)", "11-28T07:00:00"),
        ("resets 9:30am (Asia/Kolkata)", "11-28T04:00:00"),
        ("resets 3pm Pacific", "11-28T23:00:00"),
        ("resets Nov 30 at 9am (Europe/London)", "11-30T09:00:00"),
        ("resets 3am (Mars/Olympus_Mons)", "-"),
        ("resets 3am (local time)", "-"),
        // Times of day without a zone: UTC, up to twelve hours ahead.
        ("5-hour limit reached ∙ resets 11pm", "-"),
        ("5-hour limit reached ∙ resets 5am", "11-28T05:00:00"),
        ("5-hour limit reached ∙ resets 2pm", "11-28T14:00:00"),
        ("5-hour limit reached ∙ resets 2:01pm", "-"),
        (
            "You've reached your usage limit. Your limit will reset at 14:00",
            "11-28T14:00:00",
        ),
        (
            "Your limit will reset at 14:00. Upgrade for more",
            "11-28T14:00:00",
        ),
        ("Try again at 04:15", "11-28T04:15:00"),
        ("try again at 3:14 AM.", "11-28T03:14:00"),
        ("resets at 5h30", "11-28T05:30:00"),
        ("resets 6 Uhr", "11-28T06:00:00"),
        // Dates.
        ("resets Nov 30 at 3am (UTC)", "11-30T03:00:00"),
        ("resets Nov 30, 3am (UTC)", "11-30T03:00:00"),
        ("resets 30 November 2026, 03:00 UTC", "11-30T03:00:00"),
        ("resets Dec 5", "12-05T00:00:00"),
        ("resets Nov 30th at 11pm", "11-30T23:00:00"),
        ("resets tomorrow at 9am", "11-29T09:00:00"),
        ("resets 9am tomorrow", "11-29T09:00:00"),
        ("resets Monday 9am (UTC)", "11-30T09:00:00"),
        ("resets Sat 1am (UTC)", "12-05T01:00:00"),
        ("resets Sat 3am (UTC)", "11-28T03:00:00"),
        ("reset at 2026-11-28T04:00:00Z", "11-28T04:00:00"),
        ("reset at 2026-11-28T04:00:00+02:00", "11-28T02:00:00"),
        ("resets 2026-11-28 04:00 UTC", "11-28T04:00:00"),
        ("available again on 2026-12-01", "12-01T00:00:00"),
        ("resets Mar 3", "-"),
        // As Cursor tells it: the month first, where it can be one.
        (
            "Your usage limits will reset when your monthly cycle ends on 12/5/2026.",
            "12-05T00:00:00",
        ),
        (
            "You've hit your usage limit. Your usage limits will reset when your monthly cycle ends on 12/05/2026.",
            "12-05T00:00:00",
        ),
        ("your cycle ends on 13/12/2026", "12-13T00:00:00"),
        ("your cycle ends on 12/13/2026.", "12-13T00:00:00"),
        ("your cycle ends on 28/13/2026", "-"),
        ("your cycle ends on 12/32/2026", "-"),
        ("your cycle ends on 12/5", "-"),
        ("your cycle ends on 12/5/26", "-"),
        ("your cycle ends on 5/12/2026", "-"),
        // A day, and a place that nobody knows: where that hour comes last.
        (
            "Weekly limit reached · resets Dec 5 at 3pm (America/Halifax)",
            "12-05T19:00:00",
        ),
        ("resets Dec 5 at 3pm (Asia/Jerusalem)", "12-05T13:00:00"),
        ("resets Dec 5 at 3pm (Mars/Olympus_Mons)", "12-06T03:00:00"),
        ("resets Dec 5, 3pm (local time)", "12-06T03:00:00"),
        ("resets Dec 5 (Mars/Olympus_Mons)", "12-05T12:00:00"),
        ("resets Monday 9am (local time)", "11-30T21:00:00"),
        ("resets tomorrow at 9am (local time)", "11-29T21:00:00"),
        ("resets tomorrow (local time)", "11-30T12:00:00"),
        // A day without an hour is over at its end.
        ("resets Thursday", "12-04T00:00:00"),
        ("resets on Thursday.", "12-04T00:00:00"),
        ("resets Thu (Europe/Berlin)", "12-03T23:00:00"),
        ("resets Saturday", "11-29T00:00:00"),
        ("resets tomorrow", "11-30T00:00:00"),
        ("resets tomorrow (America/New_York)", "11-29T05:00:00"),
        ("Please try again tomorrow.", "11-30T00:00:00"),
        // An hour and a zone behind a date.
        (
            "You will regain access on 2026-12-01 at 15:00 UTC.",
            "12-01T15:00:00",
        ),
        ("resets 2026-12-01 3:00 PM (UTC)", "12-01T15:00:00"),
        (
            "resets 2026-12-01 15:00 (America/Los_Angeles)",
            "12-01T23:00:00",
        ),
        ("resets 2026-12-01 15:00 PST", "12-01T23:00:00"),
        ("resets 2026-12-01, 15:00 PST.", "12-01T23:00:00"),
        ("resets 2026-12-01 (America/Los_Angeles)", "12-01T08:00:00"),
        ("resets at 2026-12-01T15:00:00.123Z", "12-01T15:00:00"),
        ("resets at 2026-12-01T15:00:00.123+02:00", "12-01T13:00:00"),
        ("resets at 2026-12-01T15:00:00-0800", "12-01T23:00:00"),
        ("resets at 2026-12-01 15:00:00 +02:00", "12-01T13:00:00"),
        ("resets at 2026-12-01T15:00", "12-01T15:00:00"),
        ("\"resets_at\": \"2026-12-01T15:00:00Z\"", "12-01T15:00:00"),
        (
            "Retry-After: Tue, 01 Dec 2026 15:00:00 GMT",
            "12-01T15:00:00",
        ),
        ("Retry-After: 2026-12-01T15:00:00Z", "12-01T15:00:00"),
        (
            "resets Dec 1 at 3pm Central European Time",
            "12-01T14:00:00",
        ),
        (
            "resets Dec 1 at 3pm (Central European Standard Time)",
            "12-01T14:00:00",
        ),
        ("resets Dec 1 at 3pm Central Time", "12-01T21:00:00"),
        ("resets Dec 1 at 3pm Central", "12-01T21:00:00"),
        ("resets Dec 1 at 3pm US Pacific", "12-01T23:00:00"),
        (
            "resets Dec 1 at 3pm Pacific Standard Time.",
            "12-01T23:00:00",
        ),
        ("resets Dec 1 at 3pm Central Asian Time", "12-02T03:00:00"),
        ("resets Dec 1 at 3pm AEDT", "12-01T04:00:00"),
        ("resets Dec 1 at 3pm NZDT", "12-01T02:00:00"),
        ("resets Dec 1 at 3pm AKST", "12-02T00:00:00"),
        ("resets Dec 1 at 3pm (Etc/GMT+5)", "12-01T20:00:00"),
        ("resets 3pm your local time", "-"),
        ("resets Mon 9am", "11-30T09:00:00"),
        ("resets 12 noon UTC", "11-28T12:00:00"),
        ("resets Dec 1 at 12 midnight UTC", "12-01T00:00:00"),
        ("réinitialisation; resets à 5h", "11-28T05:00:00"),
        ("resets 2026-13-01 15:00 UTC", "-"),
        ("resets 2026-02-30", "-"),
        ("resets 2026-11-01 15:00 UTC", "-"),
        // Waits.
        ("resets in 2h 30m", "11-28T04:30:00"),
        ("resets in 2h30", "11-28T04:30:00"),
        ("retry after 3600 seconds", "11-28T03:00:00"),
        ("retry after 1500ms", "11-28T02:00:02"),
        ("try again in an hour", "11-28T03:00:00"),
        ("Please retry in 20s", "11-28T02:00:20"),
        ("retry in 20.5s", "11-28T02:00:21"),
        ("try again in 5 minutes", "11-28T02:05:00"),
        ("Please try again in 1h30m", "11-28T03:30:00"),
        ("resets in 2 hours and 10 minutes", "11-28T04:10:00"),
        ("resets in 3 days", "12-01T02:00:00"),
        ("Retry-After: 120", "11-28T02:02:00"),
        ("retry after 30 seconds", "11-28T02:00:30"),
        ("wait 10 minutes", "11-28T02:10:00"),
        ("Retrying in 5 seconds… (attempt 4/10)", "11-28T02:00:05"),
        // Nothing, or nothing certain.
        ("You've hit your limit", "-"),
        ("try again later", "-"),
        ("try again in a moment", "-"),
        ("resets 3", "-"),
        ("resets 25:00 UTC", "-"),
        ("resets 13pm UTC", "-"),
        ("resets in 99999999999999999999 hours", "-"),
        ("resets in 90 days", "-"),
        ("resets Feb 30", "-"),
        ("", "-"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn any_text_is_read_without_harm() {
    for text in [
        "resets ",
        "|",
        "resets at",
        "resets 1:",
        "resets (",
        "resets +",
        "resets -99",
        "retry-after",
        "resets Ä 3am",
        "reset 9999-99-99",
    ] {
        for said_at in [
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC,
            DateTime::UNIX_EPOCH,
        ] {
            let _ = told_time(text, said_at);
            let _ = told_time("resets 3am (UTC)", said_at);
            let _ = told_time("resets Jan 1 3am (UTC-8)", said_at);
            let _ = told_time("resets in 4 weeks", said_at);
        }
    }
}
