//! Random reports, sweeps, refunds and deletions, compared with a small model of the state machine.

use std::sync::Arc;

use genledger::contract::Store;
use genledger::midjourney::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyProgress, MidjourneyRefundState,
    MidjourneyStatus, MidjourneyTasks,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::sample::{after, due, imagine, migrated, state, submit};

const WORDS: [&str; 8] = [
    "",
    "NOT_START",
    "SUBMITTED",
    "MODAL",
    "IN_PROGRESS",
    "SUCCESS",
    "FAILURE",
    "CANCEL",
];

#[derive(Clone, Debug)]
enum Operation {
    /// The position of a status word, and a progress.
    Report(Option<usize>, Option<u8>),
    /// Whether the task is old enough.
    Sweep(bool),
    Settle,
}

#[derive(Clone, Debug)]
struct Script {
    quota: i64,
    operations: Vec<Operation>,
}

fn scripts() -> impl Strategy<Value = Script> {
    // Progress has few values, so that reports meet the same one.
    let progress = prop::sample::select(vec![0, 5, 9, 10, 50, 99, 100]);
    let report = (prop::option::of(0..WORDS.len()), prop::option::of(progress));
    let open = (prop::option::of(0..5_usize), prop::option::of(0..=100_u8));
    let operation = prop_oneof![
        2 => report.prop_map(|(word, progress)| Operation::Report(word, progress)),
        6 => open.prop_map(|(word, progress)| Operation::Report(word, progress)),
        1 => any::<bool>().prop_map(Operation::Sweep),
        1 => Just(Operation::Settle),
    ];
    let operations = prop::collection::vec(operation, 1..24);
    (0..2_i64, operations).prop_map(|(quota, operations)| Script { quota, operations })
}

/// The rules in the fewest words: the ranks of the open statuses are 0, 1, 2, 2, 3.
struct Model {
    word: usize,
    progress: u8,
    quota: i64,
    refund: MidjourneyRefundState,
}

impl Model {
    fn end(&mut self, word: usize) -> MidjourneyOutcome {
        let refund = if word == 5 { 0 } else { self.quota };
        self.word = word;
        self.progress = 100;
        if refund > 0 {
            self.refund = MidjourneyRefundState::Due;
        }
        MidjourneyOutcome::Ended { refund }
    }

    fn report(&mut self, word: Option<usize>, progress: Option<u8>) -> MidjourneyOutcome {
        const RANK: [u8; 5] = [0, 1, 2, 2, 3];
        if self.word >= 5 {
            return MidjourneyOutcome::Final(MidjourneyStatus::from_str_code(WORDS[self.word]));
        }
        let word = word.filter(|word| *word > 0).unwrap_or(self.word);
        if word >= 5 {
            return self.end(word);
        }
        let to = progress.unwrap_or(self.progress);
        let back = RANK[word] < RANK[self.word];
        if to < self.progress || (to == self.progress && back) {
            return MidjourneyOutcome::Stale;
        }
        let next = if back { self.word } else { word };
        if (next, to) == (self.word, self.progress) {
            return MidjourneyOutcome::Unchanged;
        }
        (self.word, self.progress) = (next, to);
        MidjourneyOutcome::Applied
    }

    fn settle(&mut self) -> Option<i64> {
        let due = self.refund == MidjourneyRefundState::Due;
        due.then(|| {
            self.refund = MidjourneyRefundState::Settled;
            self.quota
        })
    }
}

async fn run(tasks: &MidjourneyTasks, script: Script) {
    let task = submit(tasks, imagine("a").quota(script.quota)).await;
    let mut model = Model {
        word: 0,
        progress: 0,
        quota: script.quota,
        refund: MidjourneyRefundState::None,
    };
    for operation in script.operations {
        match operation {
            Operation::Report(word, progress) => {
                let change = MidjourneyChange::new();
                let change = match word {
                    Some(word) => change.status(MidjourneyStatus::from_str_code(WORDS[word])),
                    None => change,
                };
                let change = match progress {
                    Some(percent) => change.progress(MidjourneyProgress::percent(percent)),
                    None => change,
                };
                let found = tasks.advance(task.id, &change, after(1)).await.unwrap();
                assert_eq!(found, model.report(word, progress), "{operation:?}");
            }
            Operation::Sweep(is_old) => {
                let before = after(i64::from(is_old));
                let swept = tasks.time_out(before, "r", 10, after(2)).await.unwrap();
                let ends = is_old && model.word < 5;
                let refund = if ends {
                    model.end(6)
                } else {
                    MidjourneyOutcome::Unchanged
                };
                let refunds = refund == MidjourneyOutcome::Ended { refund: 1 };
                assert_eq!((swept.ended, swept.refunds), (ends.into(), refunds.into()));
            }
            Operation::Settle => {
                let settled = tasks.settle_refund(task.id).await.unwrap();
                assert_eq!(settled.map(|refund| refund.quota), model.settle());
            }
        }
        let found = state(tasks, task.id).await;
        assert_eq!(
            found,
            (WORDS[model.word].to_owned(), model.progress, model.refund)
        );
        let is_due = model.refund == MidjourneyRefundState::Due;
        assert_eq!(due(tasks).await.contains(&task.id), is_due);
    }
    // The next script has the table for itself.
    tasks.time_out(after(1), "r", 10, after(2)).await.unwrap();
    let _ = tasks.settle_refund(task.id).await.unwrap();
    assert_eq!(tasks.delete_many(&[task.id]).await.unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_script_is_as_the_model_has_it(script in scripts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = genledger::connect("memory:").await.unwrap();
            let tasks = migrated(&store).await;
            run(&tasks, script).await;
        });
    }
}

async fn scripts_are_as_the_model_has_them(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..25 {
        let script = scripts().new_tree(&mut runner).unwrap().current();
        run(&tasks, script).await;
    }
}

genledger_testkit::store_cases!(scripts_are_as_the_model_has_them);
