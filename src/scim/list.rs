//! Queries and list answers (RFC 7644 §3.4.2, §3.4.3; RFC 9865).

use super::{Error, Object, ScimType, decode, urn};
use serde_json::Value;
use std::fmt::Write;

/// How a query wants its results cut into pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// 1-based, never below 1 (RFC 7644 §3.4.2.4).
    Index { start: u64 },
    /// `None` asks for the first page (RFC 9865 §2.1).
    Cursor(Option<String>),
}

/// A query as it was sent, not yet bound to a resource type.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub filter: Option<String>,
    pub sort_by: Option<String>,
    pub descending: bool,
    pub paging: Paging,
    /// `None` leaves it to the server; never negative.
    pub count: Option<u64>,
    pub attributes: Option<Vec<String>>,
    pub excluded_attributes: Option<Vec<String>>,
}

/// Sizes of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    pub default: u64,
    pub maximum: u64,
}

impl Query {
    /// Reads query parameters. Names in any case (`startindex` is on the road); unknown ones are ignored, because a
    /// base URL may carry some itself.
    pub fn from_parameters(pairs: impl Iterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut parameters = Object::new();
        for (name, value) in pairs {
            let list = ["attributes", "excludedAttributes"].into_iter().find(|list| list.eq_ignore_ascii_case(&name));
            let value = match list {
                Some(_) => split_names(&value).into(),
                None => Value::String(value),
            };
            parameters.insert(name, value);
        }
        Self::read(&parameters)
    }

    /// Reads a SearchRequest message (RFC 7644 §3.4.3).
    pub fn from_search_request(body: Value) -> Result<Self, Error> {
        let Value::Object(body) = body else {
            return Err(Error::syntax("A search request must be a JSON object."));
        };
        decode::message_schema(&body, urn::SEARCH_REQUEST)?;
        Self::read(&body)
    }

    fn read(parameters: &Object) -> Result<Self, Error> {
        let cursor = text(parameters, "cursor")?;
        let start = integer(parameters, "startIndex")?;
        let count_error = if cursor.is_some() { ScimType::InvalidCount } else { ScimType::InvalidValue };
        let count = integer(parameters, "count").map_err(|error| Error { scim_type: count_error, ..error })?;
        let descending = match text(parameters, "sortOrder")?.as_deref() {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(Error::value("sortOrder must be ascending or descending.")),
        };
        Ok(Self {
            filter: text(parameters, "filter")?,
            sort_by: text(parameters, "sortBy")?,
            descending,
            paging: match cursor {
                Some(cursor) => Paging::Cursor((!cursor.is_empty()).then_some(cursor)),
                None => Paging::Index { start: start.unwrap_or(1).max(1).unsigned_abs() },
            },
            count: count.map(|count| count.max(0).unsigned_abs()),
            attributes: names(parameters, "attributes")?,
            excluded_attributes: names(parameters, "excludedAttributes")?,
        })
    }

    /// How many resources the page may hold. Index paging gives less than asked for; a cursor refuses
    /// (RFC 9865 §2.2: `invalidCount`).
    pub fn page_size(&self, limits: PageLimits) -> Result<u64, Error> {
        let count = self.count.unwrap_or(limits.default);
        if matches!(self.paging, Paging::Cursor(_)) && count > limits.maximum {
            let detail = format!("count must be between 0 and {} with a cursor.", limits.maximum);
            return Err(Error::new(ScimType::InvalidCount, detail));
        }
        Ok(count.min(limits.maximum))
    }
}

/// The names in a comma-separated list.
pub fn split_names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The value under a name in any case. Null counts as absent.
pub fn member<'o>(object: &'o Object, name: &str) -> Option<&'o Value> {
    let value = object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    value.filter(|value| !value.is_null())
}

fn text(parameters: &Object, name: &str) -> Result<Option<String>, Error> {
    match member(parameters, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::value(format!("{name} must be text."))),
    }
}

/// A whole number of any size, cut to what fits. `10.0` is one in JSON.
fn integer(parameters: &Object, name: &str) -> Result<Option<i64>, Error> {
    let digits = match member(parameters, name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => return whole(number).map(Some).ok_or_else(|| not_whole(name)),
        Some(_) => String::new(),
    };
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_whole(name));
    }
    Ok(Some(digits.parse().unwrap_or(if digits.starts_with('-') { i64::MIN } else { i64::MAX })))
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is what is wanted")]
fn whole(number: &serde_json::Number) -> Option<i64> {
    let fraction = || number.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64);
    number.as_i64().or_else(fraction)
}

fn not_whole(name: &str) -> Error {
    Error::value(format!("{name} must be a whole number."))
}

fn names(parameters: &Object, name: &str) -> Result<Option<Vec<String>>, Error> {
    let wrong = || Error::value(format!("{name} must be a list of attribute names."));
    match member(parameters, name) {
        None => Ok(None),
        Some(Value::String(names)) => Ok(Some(split_names(names))),
        Some(Value::Array(names)) => {
            let texts = names.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(wrong));
            texts.collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}

/// A page of resources that are rendered already.
#[derive(Debug)]
pub struct ListResponse {
    pub total: u64,
    /// Set for index paging only (RFC 9865 §2.1).
    pub start: Option<u64>,
    pub resources: Vec<String>,
    /// Set on every page of a cursor but the last.
    pub next_cursor: Option<String>,
}

impl ListResponse {
    /// The message (RFC 7644 §3.4.2). The resources are put in as text: parsing and writing a page of stored bodies
    /// again would cost more than reading it from the database.
    pub fn render(&self) -> String {
        let size: usize = self.resources.iter().map(|resource| resource.len() + 1).sum();
        let mut text = String::with_capacity(size + 256);
        let _ = write!(text, "{{\"schemas\":[\"{}\"],\"totalResults\":{}", urn::LIST_RESPONSE, self.total);
        if let Some(start) = self.start {
            let _ = write!(text, ",\"startIndex\":{start}");
        }
        let _ = write!(text, ",\"itemsPerPage\":{}", self.resources.len());
        if let Some(cursor) = &self.next_cursor {
            let _ = write!(text, ",\"nextCursor\":\"{cursor}\"");
        }
        text.push_str(",\"Resources\":[");
        for (index, resource) in self.resources.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(resource);
        }
        text.push_str("]}");
        text
    }
}
