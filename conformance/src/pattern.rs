//! Matching a JSON answer against a pattern.
//!
//! A pattern is JSON. Objects are matched as subsets: members that the pattern does not name are free. Arrays
//! are matched exactly: same length, same order. Everything else is equality. Where that is not what a case
//! means, an object made of operators (`{"$contains": …}`) says so; the README lists them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

const OPERATORS: [&str; 18] = [
    "$absent",
    "$present",
    "$empty",
    "$type",
    "$len",
    "$like",
    "$nocase",
    "$digits",
    "$jwt",
    "$values",
    "$min",
    "$max",
    "$not",
    "$oneOf",
    "$contains",
    "$unordered",
    "$each",
    "$atMostOne",
];

/// Every difference between the pattern and what came, each as one sentence. None means a match.
pub fn differences(pattern: &Value, actual: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    compare(pattern, actual, "", &mut found);
    found
}

fn matches(pattern: &Value, actual: Option<&Value>) -> bool {
    differences(pattern, actual).is_empty()
}

fn compare(pattern: &Value, actual: Option<&Value>, at: &str, found: &mut Vec<String>) {
    match (pattern, actual) {
        (Value::Object(operators), _) if is_operators(operators) => {
            for (operator, operand) in operators {
                apply(operator, operand, actual, at, found);
            }
        }
        (Value::Object(expected), Some(Value::Object(came))) => {
            for (key, member) in expected {
                compare(member, came.get(key), &format!("{at}/{key}"), found);
            }
        }
        (Value::Array(expected), Some(Value::Array(came))) => {
            if expected.len() == came.len() {
                for (index, (one, other)) in expected.iter().zip(came).enumerate() {
                    compare(one, Some(other), &format!("{at}/{index}"), found);
                }
            } else {
                found.push(difference(at, &format!("{} elements: {}", expected.len(), brief(pattern)), actual));
            }
        }
        (Value::Number(expected), Some(Value::Number(came))) if expected.as_f64() == came.as_f64() => {}
        (expected, Some(came)) if expected == came => {}
        _ => found.push(difference(at, &brief(pattern), actual)),
    }
}

/// `$ref` is a SCIM attribute, so a dollar sign alone does not make an operator.
fn is_operators(object: &Map<String, Value>) -> bool {
    !object.is_empty() && object.keys().all(|key| OPERATORS.contains(&key.as_str()))
}

fn apply(operator: &str, operand: &Value, actual: Option<&Value>, at: &str, found: &mut Vec<String>) {
    // RFC 7643 section 2.5: null means unassigned, the same as not being there.
    let actual = actual.filter(|value| !value.is_null());
    let holds = match operator {
        "$absent" => actual.is_none(),
        "$present" => actual.is_some(),
        "$empty" => actual.is_none_or(|value| match value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        }),
        "$type" => actual.is_some_and(|value| operand == type_of(value)),
        "$len" => actual.and_then(length).is_some_and(|length| operand.as_u64() == Some(length)),
        "$like" => both_texts(operand, actual).is_some_and(|(glob, text)| like(glob, text)),
        "$nocase" => both_texts(operand, actual).is_some_and(|(one, other)| one.to_lowercase() == other.to_lowercase()),
        "$digits" => {
            actual.and_then(Value::as_str).is_some_and(|text| is_number(text) == (operand == &Value::Bool(true)))
        }
        "$jwt" => actual.and_then(claims).is_some_and(|claims| matches(operand, Some(&claims))),
        "$values" => actual
            .and_then(Value::as_object)
            .is_some_and(|members| matches(operand, Some(&members.values().cloned().collect()))),
        "$min" => both_numbers(operand, actual).is_some_and(|(least, came)| came >= least),
        "$max" => both_numbers(operand, actual).is_some_and(|(most, came)| came <= most),
        "$not" => !matches(operand, actual),
        "$oneOf" => list(operand).iter().any(|pattern| matches(pattern, actual)),
        "$contains" => {
            list(operand).iter().all(|pattern| items(actual).iter().any(|item| matches(pattern, Some(item))))
        }
        "$unordered" => actual.is_some_and(Value::is_array) && same_elements(list(operand), items(actual)),
        "$each" => actual.is_some_and(Value::is_array) && items(actual).iter().all(|item| matches(operand, Some(item))),
        "$atMostOne" => items(actual).iter().filter(|item| matches(operand, Some(item))).count() <= 1,
        _ => false,
    };
    if !holds {
        found.push(difference(at, &format!("{operator} {}", brief(operand)), actual));
    }
}

/// One pattern stands for a list of one.
fn list(operand: &Value) -> &[Value] {
    match operand {
        Value::Array(patterns) => patterns,
        single => std::slice::from_ref(single),
    }
}

fn items(actual: Option<&Value>) -> &[Value] {
    match actual {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "decimal",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn both_texts<'v>(operand: &'v Value, actual: Option<&'v Value>) -> Option<(&'v str, &'v str)> {
    Some((operand.as_str()?, actual?.as_str()?))
}

fn both_numbers(operand: &Value, actual: Option<&Value>) -> Option<(f64, f64)> {
    Some((operand.as_f64()?, actual?.as_f64()?))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a JWT says; its signature is not looked at.
fn claims(token: &Value) -> Option<Value> {
    let payload = token.as_str()?.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// `*` stands for any run of characters; everything else is literal.
fn like(glob: &str, text: &str) -> bool {
    let Some((before, after)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    // The star may swallow any prefix of what remains, the empty one and the whole included.
    rest.char_indices().map(|(index, _)| index).chain([rest.len()]).any(|index| like(after, &rest[index..]))
}

/// Is there a one-to-one pairing of patterns and elements? (Two patterns may both fit the same element, so
/// taking the first fit is not enough: an element already taken may be handed over.)
fn same_elements(patterns: &[Value], elements: &[Value]) -> bool {
    fn place(
        pattern: usize,
        patterns: &[Value],
        elements: &[Value],
        taken: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for element in 0..elements.len() {
            if tried[element] || !matches(&patterns[pattern], Some(&elements[element])) {
                continue;
            }
            tried[element] = true;
            let free = match taken[element] {
                None => true,
                Some(holder) => place(holder, patterns, elements, taken, tried),
            };
            if free {
                taken[element] = Some(pattern);
                return true;
            }
        }
        false
    }

    if patterns.len() != elements.len() {
        return false;
    }
    let mut taken = vec![None; elements.len()];
    (0..patterns.len()).all(|pattern| place(pattern, patterns, elements, &mut taken, &mut vec![false; elements.len()]))
}

fn difference(at: &str, expected: &str, actual: Option<&Value>) -> String {
    let place = if at.is_empty() { "the body" } else { at };
    let came = actual.map_or_else(|| "nothing".to_owned(), brief);
    format!("{place}: expected {expected}, came {came}")
}

fn brief(value: &Value) -> String {
    shorten(&value.to_string(), 300)
}

/// Cuts a long text for people.
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(pattern: Value, actual: Value) -> bool {
        matches(&pattern, Some(&actual))
    }

    #[test]
    fn objects_are_subsets_and_arrays_are_exact() {
        assert!(fits(json!({"a": 1}), json!({"a": 1.0, "b": 2})));
        assert!(!fits(json!({"a": 1, "c": 3}), json!({"a": 1})));
        assert!(fits(json!([{"a": 1}]), json!([{"a": 1, "b": 2}])));
        assert!(!fits(json!([1]), json!([1, 2])));
        assert!(!fits(json!([1, 2]), json!([2, 1])));
    }

    #[test]
    fn a_ref_attribute_is_not_an_operator() {
        assert!(fits(json!({"$ref": "x"}), json!({"$ref": "x"})));
        assert!(!fits(json!({"$ref": "x"}), json!({"$ref": "y"})));
    }

    #[test]
    fn null_and_missing_are_both_absent() {
        assert!(fits(json!({"a": {"$absent": true}}), json!({})));
        assert!(fits(json!({"a": {"$absent": true}}), json!({"a": null})));
        assert!(!fits(json!({"a": {"$present": true}}), json!({"a": null})));
        assert!(fits(json!({"a": {"$empty": true}}), json!({"a": []})));
        assert!(!fits(json!({"a": {"$empty": true}}), json!({"a": [1]})));
    }

    #[test]
    fn collections_without_order() {
        assert!(fits(json!({"$contains": [{"v": 2}]}), json!([{"v": 1}, {"v": 2, "w": 3}])));
        assert!(!fits(json!({"$contains": [{"v": 3}]}), json!([{"v": 1}])));
        assert!(fits(json!({"$unordered": [2, 1]}), json!([1, 2])));
        assert!(!fits(json!({"$unordered": [1, 1]}), json!([1, 2])));
        // The first pattern fits both elements, the second only the first one.
        assert!(fits(json!({"$unordered": [{"$type": "integer"}, 1]}), json!([1, 2])));
        assert!(fits(json!({"$atMostOne": {"primary": true}}), json!([{"primary": true}, {"primary": false}])));
        assert!(!fits(json!({"$each": {"$type": "string"}}), json!(["a", 1])));
    }

    #[test]
    fn several_operators_must_all_hold() {
        assert!(fits(json!({"$type": "integer", "$min": 1, "$max": 5}), json!(3)));
        assert!(!fits(json!({"$type": "integer", "$min": 1, "$max": 5}), json!(6)));
        assert!(fits(json!({"$like": "W/\"*\""}), json!("W/\"12\"")));
        assert!(fits(json!({"$like": "*b*d"}), json!("abcbd")));
        assert!(!fits(json!({"$like": "*b"}), json!("abc")));
        assert!(fits(json!({"$not": {"$like": "*x*"}}), json!("abc")));
        assert!(fits(json!({"$oneOf": [1, {"$absent": true}]}), json!(1)));
    }

    #[test]
    fn texts_may_have_something_inside() {
        assert!(fits(json!({"$digits": true}), json!("30")) && !fits(json!({"$digits": true}), json!("1.5")));
        // {"sub": "a"} between a header and a signature.
        let token = json!("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.");
        assert!(fits(json!({"$jwt": {"sub": "a"}}), token.clone()));
        assert!(!fits(json!({"$jwt": {"sub": "b"}}), token.clone()));
        assert!(fits(json!({"$values": {"$contains": {"$jwt": {"sub": "a"}}}}), json!({"7": token})));
    }

    #[test]
    fn a_difference_names_the_place() {
        let found = differences(&json!({"a": [{"b": 1}]}), Some(&json!({"a": [{"b": 2}]})));
        assert_eq!(found, ["/a/0/b: expected 1, came 2"]);
    }
}
