//! A steady rate of requests: each is due at its own moment, however long the ones before take.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::Load;
use crate::client::{Request, Response};
use crate::session::Session;

/// Enough that slow answers do not hold up the requests behind them.
const SENDERS: usize = 16;

/// What came of a load.
#[derive(Debug, Default)]
pub struct Answers {
    /// The answer that ended it, or the first one that the judge did not like.
    pub remarkable: Option<(Response, Vec<String>)>,
    pub sent: u32,
    pub took: Duration,
    /// No answer at all.
    pub broken: Option<String>,
}

/// Sends at the rate until the time is up, the awaited status comes, or an answer is wrong.
pub fn run(
    plan: Load,
    request: &Request,
    session: &Session<'_>,
    judge: impl Fn(&Response) -> Vec<String> + Sync,
) -> Answers {
    let mut request = request.clone();
    request.impatient = true;
    let (number, over) = (AtomicU32::new(0), AtomicBool::new(false));
    let found = Mutex::new(Answers::default());
    let (started, last) = (Instant::now(), plan.rate * plan.seconds);
    let report = |response: Result<Response, String>| {
        let finding = match response {
            Err(problem) => Some((None, Some(problem))),
            Ok(response) => match plan.until {
                Some(status) if response.status != status => None,
                awaited => {
                    let wrong = judge(&response);
                    (awaited.is_some() || !wrong.is_empty()).then_some((Some((response, wrong)), None))
                }
            },
        };
        if let (Some((remarkable, broken)), Ok(mut found)) = (finding, found.lock())
            && !over.swap(true, Ordering::Relaxed)
        {
            (found.remarkable, found.broken) = (remarkable, broken);
        }
    };
    thread::scope(|threads| {
        for _ in 0..SENDERS {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let mine = number.fetch_add(1, Ordering::Relaxed);
                    if mine >= last {
                        return;
                    }
                    let due = started + Duration::from_secs_f64(f64::from(mine) / f64::from(plan.rate));
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    report(session.send(&request));
                }
            });
        }
    });
    let mut answers = found.into_inner().unwrap_or_default();
    (answers.sent, answers.took) = (number.into_inner().min(last), started.elapsed());
    answers
}
