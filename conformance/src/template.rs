//! Variables and the `{{…}}` that stands for them.
//!
//! * `{{u}}`: a variable; of a resource, its `id`. `{{u.emails.0.value}}` looks inside.
//! * `{{m[3]}}`, `{{m[i]}}`: one of a numbered family; the index may be a variable.
//! * `{{x|upper}}`: filters `upper`, `lower`, `url` (percent-encode), `json` (escape for a JSON string),
//!   `base64`, `base64url` (as in a JWT), `tamper` (change one character in the middle).
//! * `{{fill n}}`: n letters x. `{{#for i in 1..n}}…{{/for}}`: the inside n times, joined by commas.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// Variables in scopes: a loop or a repeated request adds a scope and leaves the outer one untouched.
#[derive(Debug, Default)]
pub struct Vars<'a> {
    outer: Option<&'a Vars<'a>>,
    own: BTreeMap<String, Value>,
}

impl<'a> Vars<'a> {
    /// A new scope that also sees everything of this one.
    pub fn scope(&'a self) -> Vars<'a> {
        Vars { outer: Some(self), own: BTreeMap::new() }
    }

    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.own.insert(name.into(), value.into());
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.own.get(name).or_else(|| self.outer.and_then(|outer| outer.get(name)))
    }

    /// `u.emails.0.value`: the variable `u`, then down into it.
    fn dig(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.get(path) {
            return Some(value);
        }
        let mut parts = path.split('.');
        let root = self.get(parts.next()?)?;
        parts.try_fold(root, |value, part| match value {
            Value::Object(object) => object.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The value of a name in which an index may itself be a variable: `m[i].userName`.
    fn resolve(&self, name: &str) -> Result<&Value, String> {
        let mut plain = String::with_capacity(name.len());
        let mut rest = name;
        while let Some((before, after)) = rest.split_once('[') {
            let (index, after) =
                after.split_once(']').ok_or_else(|| format!("{{{{{name}}}}}: the bracket is not closed"))?;
            plain.push_str(before);
            plain.push('[');
            if index.bytes().all(|byte| byte.is_ascii_digit()) {
                plain.push_str(index);
            } else {
                plain.push_str(&text_of(self.resolve(index)?));
            }
            plain.push(']');
            rest = after;
        }
        plain.push_str(rest);
        self.dig(&plain).ok_or_else(|| format!("nothing is known as {{{{{plain}}}}} at this point"))
    }
}

/// Fills in every `{{…}}` of a text.
pub fn render(text: &str, vars: &Vars<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (inside, after) = after.split_once("}}").ok_or("a {{ has no }}")?;
        rest = after;
        if let Some(head) = inside.strip_prefix("#for ") {
            let (block, after) = rest.split_once("{{/for}}").ok_or("{{#for}} has no {{/for}}")?;
            rest = after;
            render_loop(head, block, vars, &mut out)?;
        } else if let Some(length) = inside.strip_prefix("fill ") {
            out.extend(std::iter::repeat_n('x', number(length, vars)?));
        } else {
            out.push_str(&expression(inside, vars)?);
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn render_loop(head: &str, block: &str, vars: &Vars<'_>, out: &mut String) -> Result<(), String> {
    let bad = || format!("{{{{#for {head}}}}}: expected `name in low..high`");
    let (name, range) = head.split_once(" in ").ok_or_else(bad)?;
    let (low, high) = range.split_once("..").ok_or_else(bad)?;
    for (round, i) in (number(low, vars)?..=number(high, vars)?).enumerate() {
        if round > 0 {
            out.push(',');
        }
        let mut inner = vars.scope();
        inner.set(name.trim(), i);
        out.push_str(&render(block, &inner)?);
    }
    Ok(())
}

/// A number, a variable, or a variable plus a number.
fn number(text: &str, vars: &Vars<'_>) -> Result<usize, String> {
    let (name, plus) = text.split_once('+').unwrap_or((text, "0"));
    let one = |term: &str| -> Result<usize, String> {
        let term = term.trim();
        if let Ok(literal) = term.parse() {
            return Ok(literal);
        }
        text_of(vars.resolve(term)?).parse().map_err(|_| format!("{{{{{term}}}}} is not a number"))
    };
    Ok(one(name)? + one(plus)?)
}

fn expression(inside: &str, vars: &Vars<'_>) -> Result<String, String> {
    let mut parts = inside.split('|').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let mut text = text_of(vars.resolve(name)?);
    for filter in parts {
        text = match filter {
            "upper" => text.to_uppercase(),
            "lower" => text.to_lowercase(),
            "url" => percent_encode(&text),
            "json" => json_escape(&text),
            "base64" => STANDARD.encode(&text),
            "base64url" => URL_SAFE_NO_PAD.encode(&text),
            "tamper" => tamper(&text),
            unknown => return Err(format!("{{{{{inside}}}}}: there is no filter {unknown}")),
        };
    }
    Ok(text)
}

/// How a value looks inside a text: a resource stands for its id.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => match object.get("id") {
            Some(Value::String(id)) => id.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn json_escape(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// In the middle, because the last character of base64 may carry unused bits that a decoder may ignore.
fn tamper(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let middle = letters.len() / 2;
    if let Some(letter) = letters.get_mut(middle) {
        *letter = if *letter == 'A' { 'B' } else { 'A' };
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vars() -> Vars<'static> {
        let mut vars = Vars::default();
        vars.set("u", json!({"id": "7", "userName": "A b", "emails": [{"value": "a+b@x"}]}));
        vars.set("m[2]", json!({"id": "m2"}));
        vars.set("n", 2);
        vars
    }

    #[test]
    fn a_resource_stands_for_its_id_and_can_be_looked_into() {
        let text = r#"{"a":{"b":"{{u}}","c":"{{u.emails.0.value|url}}"}}"#;
        assert_eq!(render(text, &vars()).unwrap(), r#"{"a":{"b":"7","c":"a%2Bb%40x"}}"#);
    }

    #[test]
    fn loops_join_with_commas_and_see_the_outer_scope() {
        let text = "[{{#for i in n..n+1}}\"{{u}}-{{i}}\"{{/for}}]";
        assert_eq!(render(text, &vars()).unwrap(), r#"["7-2","7-3"]"#);
    }

    #[test]
    fn an_index_may_be_a_variable() {
        assert_eq!(render("{{m[n]}} {{fill n}}", &vars()).unwrap(), "m2 xx");
    }

    #[test]
    fn an_unknown_name_is_an_error_and_not_an_empty_text() {
        assert!(render("{{nobody}}", &vars()).unwrap_err().contains("nobody"));
        assert!(render("{{u|shout}}", &vars()).is_err());
    }

    #[test]
    fn tampering_changes_the_text_and_keeps_its_length() {
        let changed = tamper("aaAaa");
        assert_eq!(changed, "aaBaa");
    }
}
