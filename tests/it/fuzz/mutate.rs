//! Changes to inputs: of characters in a text, of members and values in JSON.

use super::dice::Dice;
use serde_json::{Map, Value};

/// What breaks parsers: brackets, quotes and escapes, words of the grammar, letters of several bytes, controls,
/// lengths at the edge.
const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    "\\u",
    "\\u00e9",
    "\\ud83d",
    "\\udE00",
    "\\u+041",
    ".",
    ":",
    ",",
    "&",
    "=",
    "%",
    "%00",
    "+",
    "/",
    " ",
    " and ",
    " or ",
    "not ",
    "not(",
    " eq ",
    " pr",
    " co \"\"",
    "null",
    "true",
    "-1",
    "1e309",
    "9223372036854775808",
    "urn:",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:",
    "bulkId:",
    "é",
    "İ",
    "ß",
    "😀",
    "\u{0}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{10FFFF}",
    "\t",
    "$ref",
    "value",
    "primary",
    "type",
    "emails",
    "schemas",
    "Operations",
    "2026-01-31T08:00:00.1234567Z",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
];

/// One line of the corpus with a few changes, and sometimes the half of another line behind it.
pub fn text(dice: &mut Dice, corpus: &[&str]) -> String {
    let mut text: Vec<char> = dice.pick(corpus).chars().collect();
    if dice.one_in(6) {
        let other: Vec<char> = dice.pick(corpus).chars().collect();
        let (keep, from) = (dice.below(text.len() + 1), dice.below(other.len() + 1));
        text.truncate(keep);
        text.extend(&other[from..]);
    }
    for _ in 0..=dice.below(5) {
        change(dice, &mut text);
    }
    text.into_iter().collect()
}

fn change(dice: &mut Dice, text: &mut Vec<char>) {
    let at = dice.below(text.len() + 1);
    let end = (at + dice.below(12)).min(text.len());
    match dice.below(8) {
        0 => drop(text.drain(at..end)),
        1 | 2 => drop(text.splice(at..at, dice.pick(TOKENS).chars())),
        3 => drop(text.splice(at..end, dice.pick(TOKENS).chars())),
        4 => {
            // Doubled, now and then so often that limits are met.
            let piece: Vec<char> = text[at..end].to_vec();
            let times = if dice.one_in(200) { 2_000 } else { 1 + dice.below(3) };
            drop(text.splice(at..at, piece.into_iter().cycle().take(times * (end - at)).collect::<Vec<_>>()));
        }
        5 => {
            if let Some(c) = text.get_mut(at) {
                *c = char::from_u32(u32::from(*c) ^ (1 << dice.below(8))).unwrap_or('?');
            }
        }
        6 => {
            let other = dice.below(text.len());
            if at < text.len() {
                text.swap(at, other);
            }
        }
        _ => text.truncate(at),
    }
}

/// The same for bytes, which need not be UTF-8 afterwards.
pub fn bytes(dice: &mut Dice, corpus: &[&str]) -> Vec<u8> {
    let mut bytes = text(dice, corpus).into_bytes();
    if !bytes.is_empty() && dice.one_in(3) {
        let at = dice.below(bytes.len());
        bytes[at] = dice.roll().to_le_bytes()[0];
    }
    bytes
}

/// One JSON document of the corpus with changes to its structure; `None` where a changed text is no JSON any more.
pub fn json(dice: &mut Dice, corpus: &[&str]) -> Option<Value> {
    if dice.one_in(4) {
        return serde_json::from_slice(&bytes(dice, corpus)).ok();
    }
    let mut value: Value = serde_json::from_str(line(dice, corpus)).expect("the corpus is JSON");
    for _ in 0..=dice.below(4) {
        change_json(dice, &mut value, corpus);
    }
    Some(value)
}

/// One of the lines.
pub fn line<'c>(dice: &mut Dice, corpus: &[&'c str]) -> &'c str {
    corpus[dice.below(corpus.len())]
}

/// Walks to a random place and changes what is there.
fn change_json(dice: &mut Dice, value: &mut Value, corpus: &[&str]) {
    if !dice.one_in(4) {
        match value {
            Value::Array(elements) if !elements.is_empty() => {
                let at = dice.below(elements.len());
                return change_json(dice, &mut elements[at], corpus);
            }
            Value::Object(members) if !members.is_empty() => {
                let at = dice.below(members.len());
                if dice.one_in(5) {
                    return rename(dice, members, at);
                }
                if let Some(member) = members.values_mut().nth(at) {
                    return change_json(dice, member, corpus);
                }
            }
            _ => {}
        }
    }
    *value = match (dice.below(9), &*value) {
        (0, _) => Value::Null,
        (1, _) => dice.one_in(2).into(),
        (2, _) => dice
            .pick(&[Value::from(0), Value::from(-1), Value::from(u64::MAX), Value::from(1.5), Value::from(f64::MAX)])
            .clone(),
        (3, old) => Value::Array(vec![old.clone(); 1 + dice.below(3)]),
        (4, old) => Value::Object(Map::from_iter([((*dice.pick(TOKENS)).to_owned(), old.clone())])),
        (5, Value::String(old)) => text(dice, &[old]).into(),
        (6, old) => old.to_string().into(),
        (7, _) => serde_json::from_str(line(dice, corpus)).unwrap_or_default(),
        _ => (*dice.pick(TOKENS)).into(),
    };
}

/// Gives a member another name, or the same in other letters.
fn rename(dice: &mut Dice, members: &mut Map<String, Value>, at: usize) {
    let Some(name) = members.keys().nth(at).cloned() else { return };
    let Some(value) = members.remove(&name) else { return };
    let name = match dice.below(3) {
        0 => name.to_uppercase(),
        1 => text(dice, &[&name]),
        _ => (*dice.pick(TOKENS)).to_owned(),
    };
    members.insert(name, value);
}
