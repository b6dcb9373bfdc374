//! The operations of a script.

use std::time::Duration;

use genledger::chrono::TimeDelta;
use genledger::generation::{
    AccountType, ChoiceStrategy, Failure, FailureCode, GenerationStatus, Site, SplitMix64,
    TaskReady,
};

/// A lease that was seen: how many came after it, and whether its fencing number is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub(super) back: usize,
    pub(super) offset: i64,
}

/// A task.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Number(usize),
    /// That of a lease that was seen, by how many leases came after it.
    OfLease(usize),
    /// The newest one with this readiness.
    Ready(TaskReady),
    /// The newest one that is deleted.
    Deleted,
}

/// A task, the difference to its version, and by whom it is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) task: Which,
    pub(super) offset: i64,
    pub(super) by: Option<&'static str>,
}

/// What a user has found out; the numbers are parts of ids and URLs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision {
    Found(u64),
    Completed(u64),
    NotSent,
    GiveUp,
    /// An id that is empty.
    Invalid,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The account that is avoided, by its number.
    pub(super) avoid: Option<usize>,
    pub(super) site: Option<Site>,
    pub(super) other_family: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Another account, or one that is there already.
    Append(usize),
    Submit {
        task: usize,
        priority: i32,
        site: Option<Site>,
    },
    Claim {
        /// The token of an earlier claim, by how many came after it.
        repeats: Option<usize>,
        n: u32,
        length: Duration,
        family: Option<AccountType>,
        strategy: ChoiceStrategy,
    },
    Start(Pick),
    Submitted(Pick, String),
    Heartbeat(Pick, Duration),
    Complete(Pick, Option<u64>),
    Fail(Pick, Failure),
    Unknown(Pick),
    Release(Pick),
    SwitchLease(Pick, Target),
    Switch(Change, Target),
    Resolve(Change, Decision),
    Cancel(Change),
    GiveUp(Change),
    Regenerate(Change),
    Delete(Change),
    Restore(Change),
    SetPriority(Change, i32),
    Sweep,
    Advance(i64),
    Get(usize),
    /// Pages of the tasks with a status, or of those that are deleted.
    List(Option<GenerationStatus>, bool),
    Count(TaskReady),
    Account(usize),
    Accounts,
    Audit,
}

/// The tasks and accounts that a script may have.
pub(super) const TASKS: usize = 8;
pub(super) const ACCOUNTS: usize = 8;

/// A code of each class.
const CODES: [&str; 13] = [
    "ret:1015",
    "ret:1006",
    "ret:5001",
    "ret:1019",
    "ret:3018",
    "ret:34010100",
    "ret:2003",
    "fail:1017",
    "lib:transport",
    "lib:timeout",
    "lib:rate_limit",
    "lib:account_blocked",
    "http:418",
];

const SITES: [Site; 5] = [Site::Cn, Site::Us, Site::Hk, Site::Jp, Site::Sg];

/// The script of a seed.
pub(super) fn script(seed: u64, length: usize) -> Vec<Operation> {
    let mut draw = Draw(SplitMix64::new(seed));
    let accounts = (0..3).map(Operation::Append);
    let begin: Vec<Operation> = accounts
        .chain((0..4).map(|task| draw.submit(task)))
        .collect();
    let mut script = begin;
    while script.len() < length {
        let next = draw.operation();
        // It rarely comes at the right moment.
        if let Operation::Unknown(pick) = next
            && draw.one_in(2)
        {
            script.push(Operation::Start(pick));
        }
        script.push(next);
    }
    script
}

struct Draw(SplitMix64);

impl Draw {
    const fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n
    }

    fn at(&mut self, n: usize) -> usize {
        usize::try_from(self.below(u64::try_from(n).unwrap())).unwrap()
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<V: Clone>(&mut self, values: &[V]) -> V {
        values[self.at(values.len())].clone()
    }

    fn site(&mut self) -> Option<Site> {
        self.one_in(3).then(|| self.of(&SITES))
    }

    /// The latest lease mostly.
    fn pick(&mut self) -> Pick {
        let back = if self.one_in(3) { self.at(6) } else { 0 };
        let offset = if self.one_in(12) {
            self.of(&[-1, 1])
        } else {
            0
        };
        Pick { back, offset }
    }

    fn change(&mut self) -> Change {
        let offset = if self.one_in(6) { self.of(&[-1, 1]) } else { 0 };
        let by = self.of(&[None, Some("ann"), Some("ben")]);
        let task = if self.one_in(4) {
            Which::Number(self.at(TASKS))
        } else {
            Which::OfLease(self.at(3))
        };
        Change { task, offset, by }
    }

    /// A change of such a task, mostly.
    fn change_of(&mut self, which: Which) -> Change {
        let change = self.change();
        let task = if self.one_in(4) { change.task } else { which };
        Change { task, ..change }
    }

    fn target(&mut self) -> Target {
        Target {
            avoid: self.one_in(2).then(|| self.at(ACCOUNTS)),
            site: self.site(),
            other_family: self.one_in(2),
        }
    }

    fn length(&mut self) -> Duration {
        let seconds = self.of(&[1, 5, 5, 60, 60, 600]);
        let refused = self.one_in(25);
        Duration::from_secs(if refused { 4_000 } else { seconds })
    }

    fn failure(&mut self) -> Failure {
        let code = FailureCode::parse(self.of(&CODES)).unwrap();
        let mut failure = Failure::new(code);
        if self.one_in(3) {
            failure = failure.message("what is known");
        }
        if self.one_in(5) {
            let seconds = self.of(&[-1, 0, 7, 100, 10_000]);
            failure = failure.retry_after(TimeDelta::seconds(seconds));
        }
        if self.one_in(3) {
            failure = failure.jittered(&mut self.0);
        }
        failure
    }

    fn submit(&mut self, task: usize) -> Operation {
        Operation::Submit {
            task,
            priority: i32::try_from(self.below(3)).unwrap(),
            site: self.site(),
        }
    }

    fn claim(&mut self) -> Operation {
        let strategies = [
            ChoiceStrategy::PriorityLru,
            ChoiceStrategy::PriorityLru,
            ChoiceStrategy::SeedOrder,
            ChoiceStrategy::RoundRobin,
            ChoiceStrategy::Weighted,
            ChoiceStrategy::Sticky("project-1".to_owned()),
        ];
        let families = [AccountType::Domestic, AccountType::International];
        Operation::Claim {
            repeats: self.one_in(8).then(|| self.at(3)),
            n: self.of(&[0, 1, 1, 1, 2, 2, 3, 10]),
            length: self.length(),
            family: self.one_in(4).then(|| self.of(&families)),
            strategy: self.of(&strategies),
        }
    }

    fn operation(&mut self) -> Operation {
        use Operation as Op;
        match self.below(100) {
            0..3 => Op::Append(self.at(ACCOUNTS)),
            3..9 => {
                let task = self.at(TASKS);
                self.submit(task)
            }
            9..25 => self.claim(),
            25..33 => Op::Start(self.pick()),
            33..40 => {
                let remote = self.of(&["remote-1", "remote-1", "remote-1", "remote-2", ""]);
                Op::Submitted(self.pick(), remote.to_owned())
            }
            40..43 => Op::Heartbeat(self.pick(), self.length()),
            43..49 => {
                let result = self.of(&[Some(1), Some(1), Some(1), Some(2), None]);
                Op::Complete(self.pick(), result)
            }
            49..55 => Op::Fail(self.pick(), self.failure()),
            55..58 => Op::Unknown(self.pick()),
            58..60 => Op::Release(self.pick()),
            60..62 => Op::SwitchLease(self.pick(), self.target()),
            62..64 => Op::Switch(self.change(), self.target()),
            64..69 => {
                let decision = match self.below(9) {
                    0..2 => Decision::Found(self.below(2)),
                    2..4 => Decision::Completed(self.below(2)),
                    4..6 => Decision::NotSent,
                    6..8 => Decision::GiveUp,
                    _ => Decision::Invalid,
                };
                Op::Resolve(self.change_of(Which::Ready(TaskReady::Undecided)), decision)
            }
            69..71 => Op::Cancel(self.change()),
            71..73 => Op::GiveUp(self.change_of(Which::Ready(TaskReady::Waits))),
            73..76 => Op::Regenerate(self.change()),
            76..78 => Op::Delete(self.change()),
            78..80 => Op::Restore(self.change_of(Which::Deleted)),
            80..82 => Op::SetPriority(self.change(), self.of(&[0, 1, 5])),
            82..86 => Op::Sweep,
            86..93 => Op::Advance(self.of(&[1, 1, 3, 3, 10, 10, 40, 40, 70, 700, 4_000, 50_000])),
            93..95 => Op::Get(self.at(TASKS)),
            95..96 => {
                let status = self.below(6);
                let status = GenerationStatus::from_code(i16::try_from(status).unwrap());
                Op::List(self.one_in(2).then_some(status), self.one_in(3))
            }
            96..97 => {
                let ready = i16::try_from(self.below(6)).unwrap() - 2;
                Op::Count(TaskReady::from_code(ready))
            }
            97..98 => Op::Account(self.at(ACCOUNTS)),
            98..99 => Op::Accounts,
            _ => Op::Audit,
        }
    }
}
