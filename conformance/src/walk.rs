//! Following a list page by page, the way an import does, and checking that nothing is lost, shown twice or
//! moved.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::case::{Paging, Walk};
use crate::client::{Request, Response};
use crate::session::Session;
use crate::step::Failure;
use crate::template::percent_encode;

/// A list that needs more pages than this is taken for one that never ends.
const MOST_PAGES: usize = 2000;

/// Walks the list twice: once for its rules, once more to see that the order is the same.
pub fn walk(
    plan: &Walk,
    request: &Request,
    session: &Session<'_>,
    judge: impl Fn(&Response) -> Vec<String>,
) -> Result<(), Failure> {
    let first = round(plan, request, session, &judge)?;
    let second = round(plan, request, session, &judge)?;
    if first != second {
        let problem = "a second walk shows the same resources in the same order".to_owned();
        return Err(Failure {
            step: String::new(),
            request: request.describe(),
            expected: vec![problem],
            came: format!("{} ids, then {} ids, or another order", first.len(), second.len()),
            skip: None,
        });
    }
    Ok(())
}

fn round(
    plan: &Walk,
    request: &Request,
    session: &Session<'_>,
    judge: &impl Fn(&Response) -> Vec<String>,
) -> Result<Vec<String>, Failure> {
    let mut ids: Vec<String> = Vec::new();
    let mut cursor = String::new();
    let mut total = None;
    for _ in 0..MOST_PAGES {
        let page_request = page(plan, request, ids.len() + 1, &cursor);
        let response = session.send(&page_request).map_err(|problem| failure(&page_request, problem, None))?;
        let wrong = judge(&response);
        if let Some(problem) = wrong.first() {
            return Err(failure(&page_request, problem.clone(), Some(&response)));
        }
        let seen = Seen { before: ids.len(), total, first: ids.is_empty() && cursor.is_empty() };
        let here = read(plan, &response, &seen).map_err(|problem| failure(&page_request, problem, Some(&response)))?;
        total = here.total.or(total);
        let last = match plan.by {
            Paging::Index => here.ids.is_empty() || total.is_some_and(|total| ids.len() + here.ids.len() >= total),
            Paging::Cursor => here.next.is_none(),
        };
        ids.extend(here.ids);
        if last {
            finish(plan, &ids, total).map_err(|problem| failure(&page_request, problem, Some(&response)))?;
            return Ok(ids);
        }
        cursor = here.next.unwrap_or_default();
    }
    Err(failure(request, format!("the list ends within {MOST_PAGES} pages"), None))
}

fn page(plan: &Walk, request: &Request, start: usize, cursor: &str) -> Request {
    let mut parameters = Vec::new();
    match plan.by {
        // authentik asks for its first page without any parameter.
        Paging::Index if plan.count.is_none() && start == 1 => {}
        Paging::Index => parameters.push(format!("startIndex={start}")),
        Paging::Cursor if cursor.is_empty() => parameters.push("cursor".to_owned()),
        Paging::Cursor => parameters.push(format!("cursor={}", percent_encode(cursor))),
    }
    parameters.extend(plan.count.map(|count| format!("count={count}")));
    let mut page = request.clone();
    if !parameters.is_empty() {
        page.path.push(if page.path.contains('?') { '&' } else { '?' });
        page.path.push_str(&parameters.join("&"));
    }
    page
}

/// What the pages before have shown.
struct Seen {
    before: usize,
    total: Option<usize>,
    first: bool,
}

struct Page {
    ids: Vec<String>,
    total: Option<usize>,
    next: Option<String>,
}

fn read(plan: &Walk, response: &Response, seen: &Seen) -> Result<Page, String> {
    let body = response.json.as_ref().ok_or("a page is JSON")?;
    let number = |name: &str| body.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    let resources = body.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
    let ids: Vec<String> =
        resources.iter().filter_map(|resource| resource.get("id")?.as_str().map(str::to_owned)).collect();
    let total = number("totalResults");
    if ids.len() != resources.len() {
        return Err("every resource of a page has an id".into());
    }
    if plan.count.is_some_and(|count| ids.len() > count) {
        return Err(format!("no more resources on a page than asked for, came {}", ids.len()));
    }
    if let (Some(before), Some(now)) = (seen.total, total)
        && before != now
    {
        return Err(format!("totalResults stays the same from page to page, was {before}, is {now}"));
    }
    let next = match plan.by {
        Paging::Index => {
            if number("startIndex") != Some(seen.before + 1) {
                return Err(format!("startIndex is {}", seen.before + 1));
            }
            if total.is_none() {
                return Err("totalResults is there".into());
            }
            None
        }
        Paging::Cursor => {
            if seen.first && body.get("previousCursor").is_some() {
                return Err("no previousCursor on the first page (RFC 9865 section 2)".into());
            }
            next_cursor(body)?
        }
    };
    Ok(Page { ids, total, next })
}

fn next_cursor(body: &Value) -> Result<Option<String>, String> {
    match body.get("nextCursor") {
        None => Ok(None),
        Some(Value::String(next)) if next.is_empty() => Err("nextCursor is not an empty text".into()),
        Some(Value::String(next)) if percent_encode(next) == *next => Ok(Some(next.clone())),
        Some(other) => Err(format!("nextCursor is a text of unreserved characters (RFC 9865 section 2), is {other}")),
    }
}

fn finish(plan: &Walk, ids: &[String], total: Option<usize>) -> Result<(), String> {
    let different: BTreeSet<&String> = ids.iter().collect();
    if different.len() != ids.len() {
        return Err(format!("no resource on two pages; of {} ids {} are different", ids.len(), different.len()));
    }
    if let Some(total) = total.filter(|total| *total != ids.len()) {
        return Err(format!("the pages together have totalResults = {total} resources, came {}", ids.len()));
    }
    if let Some(wanted) = plan.total.filter(|wanted| *wanted != ids.len()) {
        return Err(format!("the list has {wanted} resources, came {}", ids.len()));
    }
    Ok(())
}

fn failure(request: &Request, expected: String, response: Option<&Response>) -> Failure {
    Failure {
        step: String::new(),
        request: request.describe(),
        expected: vec![expected],
        came: response.map(Response::describe).unwrap_or_default(),
        skip: None,
    }
}
