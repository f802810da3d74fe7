//! One step of a case: build the request, send it once or many times, keep what later steps need.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::case::{Load, Step};
use crate::client::{Request, Response};
use crate::judge::judge;
use crate::load;
use crate::session::Session;
use crate::sign_in::form;
use crate::template::{Vars, percent_encode, render};
use crate::walk;

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Why a step failed, in the words of the report.
#[derive(Debug, Clone)]
pub struct Failure {
    pub step: String,
    pub request: String,
    pub expected: Vec<String>,
    pub came: String,
    /// The case is then no failure: what it is about is not there.
    pub skip: Option<String>,
}

/// What a step leaves behind when all is well.
#[derive(Debug, Default)]
pub struct Done {
    pub last_status: Option<u16>,
    pub note: Option<String>,
}

pub fn perform(step: &Step, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<Done, Failure> {
    let done = send_all(step, vars, session).map_err(|failure| Failure { skip: step.skip.clone(), ..failure })?;
    if !step.unlogged.is_empty() {
        look_into_the_log(step, vars, session)?;
    }
    Ok(done)
}

fn look_into_the_log(step: &Step, vars: &Vars<'_>, session: &Session<'_>) -> Result<(), Failure> {
    let texts: Result<Vec<String>, String> = step.unlogged.iter().map(|text| render(text, vars)).collect();
    let found = texts.and_then(|texts| session.logged(&texts)).map_err(|problem| broken(step, problem))?;
    if found.is_empty() {
        return Ok(());
    }
    let mut failure = broken(step, "the server's log has no secret".into());
    failure.came = format!("in the log: {}", found.join(", "));
    Err(failure)
}

fn send_all(step: &Step, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<Done, Failure> {
    let mut done = Done::default();
    if let Some(plan) = step.load {
        done.note = Some(at_a_rate(step, plan, vars, session)?);
    } else if let Some(count) = step.parallel {
        at_once(step, count, vars, session)?;
    } else if let Some(plan) = &step.walk {
        let request = build(step, vars).map_err(|problem| broken(step, problem))?;
        walk::walk(plan, &request, session, |response| judge(&step.expect, response, vars))
            .map_err(|failure| Failure { step: label(step), ..failure })?;
    } else {
        let rounds = rounds(step);
        let mut times = Vec::with_capacity(rounds.len());
        for round in rounds {
            let (kept, status, took) = patiently(step, &round, vars, session)?;
            for (name, value) in kept {
                vars.set(name, value);
            }
            done.last_status = Some(status);
            times.push(took);
        }
        done.note = step.max_ms.map(|limit| timing(step, times, limit));
    }
    Ok(done)
}

/// One sending of a step: its number as `{{i}}` and, of `each`, its text as `{{it}}`.
struct Round<'s> {
    i: usize,
    it: Option<&'s str>,
}

fn rounds(step: &Step) -> Vec<Round<'_>> {
    if step.each.is_empty() {
        (1..=step.repeat.unwrap_or(1)).map(|i| Round { i, it: None }).collect()
    } else {
        (1..).zip(&step.each).map(|(i, text)| Round { i, it: Some(text) }).collect()
    }
}

type Kept = Vec<(String, Value)>;

/// Some things take effect a little later.
fn patiently(
    step: &Step,
    round: &Round<'_>,
    vars: &Vars<'_>,
    session: &Session<'_>,
) -> Result<(Kept, u16, Duration), Failure> {
    const PAUSE: Duration = Duration::from_millis(250);
    let until = Instant::now() + Duration::from_secs(step.within.unwrap_or(0));
    loop {
        match in_turn(step, round, vars, session) {
            Err(_) if Instant::now() < until => thread::sleep(PAUSE),
            done => return done,
        }
    }
}

fn in_turn(
    step: &Step,
    round: &Round<'_>,
    vars: &Vars<'_>,
    session: &Session<'_>,
) -> Result<(Kept, u16, Duration), Failure> {
    let fail = |problem: String| broken(step, problem);
    let mut scope = vars.scope();
    scope.set("i", round.i);
    if let Some(text) = round.it {
        scope.set("it", render(text, vars).map_err(fail)?);
    }
    let request = build(step, &scope).map_err(fail)?;
    let response = send(step, &request, session)?;
    let expected = judge(&step.expect, &response, &scope);
    if !expected.is_empty() {
        return Err(unlike(step, &request, expected, &response));
    }
    let kept = keep(step, &response, &scope).map_err(|problem| unlike(step, &request, vec![problem], &response))?;
    Ok((kept, response.status, response.took))
}

/// All requests wait at a barrier, so that they really meet.
fn at_once(step: &Step, count: usize, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<(), Failure> {
    let mut requests = Vec::with_capacity(count);
    for i in 1..=count {
        let mut scope = vars.scope();
        scope.set("i", i);
        requests.push(build(step, &scope).map_err(|problem| broken(step, problem))?);
    }
    let barrier = Barrier::new(count);
    let answers: Vec<Result<Response, Failure>> = thread::scope(|threads| {
        let running: Vec<_> = requests
            .iter()
            .map(|request| {
                threads.spawn(|| {
                    barrier.wait();
                    send(step, request, session)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(broken(step, "a request broke down".into()))))
            .collect()
    });
    let mut responses = Vec::with_capacity(count);
    for answer in answers {
        responses.push(answer?);
    }
    if step.expect.status.is_some() {
        for (request, response) in requests.iter().zip(&responses) {
            let expected = judge(&step.expect, response, vars);
            if !expected.is_empty() {
                return Err(unlike(step, request, expected, response));
            }
        }
    }
    for (status, wanted) in &step.expect.counts {
        let came = responses.iter().filter(|response| response.status.to_string() == *status).count();
        if came != *wanted {
            let statuses: Vec<u16> = responses.iter().map(|response| response.status).collect();
            let expected = format!("of {count} simultaneous requests exactly {wanted} answered {status}");
            let mut failure = unlike(step, &requests[0], vec![expected], &responses[0]);
            failure.came = format!("the statuses {statuses:?}; the first answer:\n{}", failure.came);
            return Err(failure);
        }
    }
    let success = responses.iter().find(|response| (200..300).contains(&response.status));
    if let Some(response) = success.filter(|_| !step.save.0.is_empty()) {
        let kept = keep(step, response, vars).map_err(|problem| broken(step, problem))?;
        for (name, value) in kept {
            vars.set(name, value);
        }
    }
    Ok(())
}

/// A load; what it came to, for the report.
fn at_a_rate(step: &Step, plan: Load, vars: &Vars<'_>, session: &Session<'_>) -> Result<String, Failure> {
    let request = build(step, vars).map_err(|problem| broken(step, problem))?;
    let answers = load::run(plan, &request, session, |response| judge(&step.expect, response, vars));
    let (sent, seconds) = (answers.sent, answers.took.as_secs_f64());
    let told = format!("{sent} requests in {seconds:.1} s");
    if let Some(problem) = answers.broken {
        return Err(broken(step, format!("an answer, after {told}: {problem}")));
    }
    match (answers.remarkable, plan.until) {
        (Some((response, wrong)), _) if !wrong.is_empty() => {
            let mut failure = unlike(step, &request, wrong, &response);
            failure.came = format!("after {told}:\n{}", failure.came);
            Err(failure)
        }
        (None, Some(status)) => {
            let mut failure = broken(step, format!("an answer {status} to more than {} requests a second", plan.rate));
            failure.came = format!("none among {told}");
            Err(failure)
        }
        _ => Ok(format!("{}: {told}", label(step))),
    }
}

/// The request of a step with all variables filled in.
fn build(step: &Step, vars: &Vars<'_>) -> Result<Request, String> {
    let line = render(&step.send, vars)?;
    let (method, path) = line.split_once(' ').ok_or("send must be METHOD /path")?;
    let mut path = path.to_owned();
    for (name, value) in &step.query.0 {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&format!("{name}={}", percent_encode(&render(value, vars)?)));
    }
    let body = match (&step.body, &step.patch) {
        (Some(body), _) => Some(render(body, vars)?),
        (None, Some(operations)) => {
            Some(format!("{{\"schemas\":[\"{PATCH_OP}\"],\"Operations\":{}}}", render(operations, vars)?.trim()))
        }
        (None, None) if !step.form.0.is_empty() => Some(render_form(step, vars)?),
        (None, None) => None,
    };
    let mut request = Request::new(method, path, body);
    request.credential = step.credential;
    if !step.form.0.is_empty() {
        request.set_header("Content-Type", "application/x-www-form-urlencoded");
    }
    for (name, value) in &step.headers.0 {
        request.set_header(name, &render(value, vars)?);
    }
    Ok(request)
}

fn render_form(step: &Step, vars: &Vars<'_>) -> Result<String, String> {
    let pairs = step.form.0.iter().map(|(name, value)| Ok((name.as_str(), render(value, vars)?)));
    let pairs: Vec<(&str, String)> = pairs.collect::<Result<_, String>>()?;
    Ok(form(pairs.iter().map(|(name, value)| (*name, value.as_str()))))
}

fn send(step: &Step, request: &Request, session: &Session<'_>) -> Result<Response, Failure> {
    let answer = if step.loose { session.send_loose(request) } else { session.send(request) };
    answer.map_err(|problem| Failure {
        step: label(step),
        request: request.describe(),
        expected: vec!["an answer".into()],
        came: problem,
        skip: None,
    })
}

/// The values that later steps want.
fn keep(step: &Step, response: &Response, vars: &Vars<'_>) -> Result<Kept, String> {
    step.save
        .0
        .iter()
        .map(|(name, place)| {
            let value = match place.strip_prefix("header:") {
                Some(header) => response.header(header).map(Value::from),
                None => response.json.as_ref().and_then(|body| body.pointer(place)).cloned(),
            };
            let value = value.ok_or_else(|| format!("{place}: expected something to keep as {name}, came nothing"))?;
            Ok((render(name, vars)?, value))
        })
        .collect()
}

fn timing(step: &Step, mut times: Vec<Duration>, limit: u64) -> String {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default().as_millis();
    let slowest = times.last().copied().unwrap_or_default().as_millis();
    format!("{}: {} ms, slowest {} ms of {}; a client allows {} ms", label(step), median, slowest, times.len(), limit)
}

fn label(step: &Step) -> String {
    if step.name.is_empty() { step.send.clone() } else { step.name.clone() }
}

/// The case itself is at fault, or nothing was sent.
fn broken(step: &Step, problem: String) -> Failure {
    Failure { step: label(step), request: step.send.clone(), expected: vec![problem], came: String::new(), skip: None }
}

fn unlike(step: &Step, request: &Request, expected: Vec<String>, response: &Response) -> Failure {
    Failure {
        step: if step.name.is_empty() { request.line() } else { step.name.clone() },
        request: request.describe(),
        expected,
        came: response.describe(),
        skip: None,
    }
}
