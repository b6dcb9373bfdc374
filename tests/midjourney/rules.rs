//! The rules of a new task, and the JSON of a request.

use genledger::contract::Violations;
use genledger::midjourney::{
    MidjourneyAction, MidjourneyButton, MidjourneyProgress, MidjourneyProperties,
    MidjourneyRefundState, MidjourneyStatus, MidjourneySubmitCode, MidjourneyTask, MidjourneyTime,
    MidjourneyVideo, NewMidjourneyTask,
};
use genledger::validate::Validate;

use crate::sample::{after, ids, imagine, with_code};

fn broken(found: &Violations) -> Vec<(String, &'static str)> {
    let each = found.as_slice().iter();
    each.map(|one| (one.path().to_owned(), one.rule()))
        .collect()
}

/// A valid task, with a change.
fn changed(change: impl FnOnce(&mut MidjourneyTask)) -> Vec<(String, &'static str)> {
    let mut task = imagine("a").into_task(&ids()).unwrap();
    change(&mut task);
    broken(&task.violations())
}

#[test]
fn every_rule_is_checked() {
    let one = |path: &str, rule| vec![(path.to_owned(), rule)];
    let second = after(0).timestamp();
    let seconds = chrono::DateTime::from_timestamp_millis(second).unwrap();
    assert_eq!(changed(|_| {}), []);
    assert_eq!(changed(|task| task.mj_id.clear()), one("mj_id", "required"));
    assert_eq!(
        changed(|task| task.mj_id = "x".repeat(256)),
        one("mj_id", "too_long")
    );
    assert_eq!(
        changed(|task| task.prompt = "\0".into()),
        one("prompt", "nul_character")
    );
    assert_eq!(
        changed(|task| task.quota = -1),
        one("quota", "out_of_range")
    );
    let action = MidjourneyAction::from_str_code("X");
    assert_eq!(
        changed(|task| task.action = action),
        one("action", "unrecognized_code")
    );
    let status = MidjourneyStatus::from_str_code("X");
    assert_eq!(
        changed(|task| task.status = status),
        one("status", "unrecognized_code")
    );
    let code = MidjourneySubmitCode::from_code(4);
    assert_eq!(
        changed(|task| task.code = code),
        one("code", "unrecognized_code")
    );
    let refund = MidjourneyRefundState::from_code(9);
    let found = changed(|task| task.refund = refund);
    assert_eq!(found[0], ("refund".to_owned(), "unrecognized_code"));
    assert_eq!(
        changed(|task| task.submit_time = seconds),
        one("submit_time", "seconds_not_milliseconds")
    );
    assert_eq!(
        changed(|task| task.start_time = seconds.into()),
        one("start_time", "seconds_not_milliseconds")
    );
    assert_eq!(
        changed(|task| task.finish_time = after(1).into()),
        one("finish_time", "finished_but_open")
    );
    for code in [
        MidjourneySubmitCode::NoAccount,
        MidjourneySubmitCode::QueueFull,
        MidjourneySubmitCode::BannedWord,
    ] {
        assert_eq!(
            changed(|task| task.code = code),
            one("status", "refused_but_open")
        );
    }
    let terminal = changed(|task| task.status = MidjourneyStatus::Success);
    assert_eq!(
        terminal,
        [
            ("finish_time".to_owned(), "required"),
            ("progress".to_owned(), "not_complete")
        ]
    );
    for refund in [MidjourneyRefundState::Due, MidjourneyRefundState::Settled] {
        assert_eq!(
            changed(|task| task.refund = refund),
            one("refund", "refund_not_owed")
        );
    }
    let free = changed(|task| {
        task.status = MidjourneyStatus::Failure;
        task.finish_time = after(1).into();
        task.progress = MidjourneyProgress::COMPLETE;
        task.quota = 0;
        task.refund = MidjourneyRefundState::Due;
    });
    assert_eq!(free, one("refund", "refund_not_owed"));
    let parts = changed(|task| {
        let label = r#"{"label":[]}"#;
        task.buttons = vec![MidjourneyButton::new(), MidjourneyButton::from_text(label)];
        task.video_urls = vec![MidjourneyVideo::from_text("7")];
        task.properties =
            MidjourneyProperties::from_text(r#"{"finalPrompt":"a","finalPrompt":"b"}"#);
    });
    assert_eq!(
        parts,
        [
            ("buttons[1].label".to_owned(), "wrong_kind"),
            ("video_urls[0]".to_owned(), "not_an_object"),
            ("properties.finalPrompt".to_owned(), "duplicate_key"),
        ]
    );
}

#[test]
fn a_task_that_ended_at_once_is_completed() {
    let failed = |quota| {
        let task = with_code(MidjourneySubmitCode::QueueFull, "").quota(quota);
        let task = task.status(MidjourneyStatus::Failure).submit_time(after(3));
        assert!(task.validate().is_ok());
        task.into_task(&ids()).unwrap()
    };
    let task = failed(5);
    assert_eq!(
        (task.progress.get(), task.finish_time),
        (100, MidjourneyTime::from(after(3)))
    );
    assert_eq!(task.refund, MidjourneyRefundState::Due);
    assert_eq!(failed(0).refund, MidjourneyRefundState::None);
    let success = imagine("a")
        .status(MidjourneyStatus::Success)
        .finish_time(after(9));
    let success = success.into_task(&ids()).unwrap();
    assert_eq!(success.finish_time.get(), Some(after(9)));
    assert_eq!(success.refund, MidjourneyRefundState::None);
    assert_eq!(
        success.submit_time,
        "2025-06-01T12:00:00.250Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    );
}

#[test]
fn a_new_task_is_read_from_json() {
    let json = r#"{"code":"22","user_id":"42","action":"BLEND","mj_id":"a","quota":null,"progress":"5%",
        "submit_time":1748779200250,"buttons":null,"properties":{"finalPrompt":"x"},"refund":1,"id":"7"}"#;
    let new: NewMidjourneyTask = serde_json::from_str(json).unwrap();
    let task = new.into_task(&ids()).unwrap();
    assert_eq!(
        (task.code, task.action),
        (MidjourneySubmitCode::Queued, MidjourneyAction::Blend)
    );
    assert_eq!((task.quota, task.progress.get()), (0, 5));
    // Neither the id nor the refund is set by a caller.
    assert_eq!(task.refund, MidjourneyRefundState::None);
    assert_ne!(task.id.get(), 7);
    for wrong in [
        r#"{"code":1,"user_id":42}"#,
        r#"{"code":1,"user_id":42,"action":"BLEND","progress":"half"}"#,
    ] {
        assert!(serde_json::from_str::<NewMidjourneyTask>(wrong).is_err());
    }
}

#[test]
fn codes_are_those_of_the_platform() {
    use genledger::contract::CodedEnum;
    let actions: Vec<&str> = MidjourneyAction::KNOWN
        .iter()
        .map(MidjourneyAction::as_str)
        .collect();
    assert_eq!(
        actions.join(" "),
        "IMAGINE DESCRIBE BLEND UPSCALE VARIATION REROLL INPAINT MODAL ZOOM CUSTOM_ZOOM SHORTEN \
         HIGH_VARIATION LOW_VARIATION PAN SWAP_FACE UPLOAD VIDEO EDITS"
    );
    let statuses: Vec<(&str, bool)> = MidjourneyStatus::KNOWN
        .iter()
        .map(|status| (status.as_str(), status.is_terminal()))
        .collect();
    assert_eq!(
        statuses,
        [
            ("", false),
            ("NOT_START", false),
            ("SUBMITTED", false),
            ("MODAL", false),
            ("IN_PROGRESS", false),
            ("SUCCESS", true),
            ("FAILURE", true),
            ("CANCEL", true),
        ]
    );
    let codes: Vec<(i32, bool)> = MidjourneySubmitCode::KNOWN
        .iter()
        .map(|code| (code.code(), code.is_refusal()))
        .collect();
    assert_eq!(
        codes,
        [
            (1, false),
            (3, true),
            (21, false),
            (22, false),
            (23, true),
            (24, true)
        ]
    );
}
