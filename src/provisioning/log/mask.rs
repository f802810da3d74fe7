//! What the provisioning log must not hold: secrets never, personal data where a connection wants none.
//!
//! A mask keeps the shape, so that one still sees what was sent: texts and numbers become `***`, and members, lists, `true`,
//! `false` and `null` stay.

use serde_json::{Map, Value};
use uuid::Uuid;

const HIDDEN: &str = "***";

/// Members whose values tell of no person: they stay when personal data are masked. What is not named here is masked, so that
/// an attribute that nobody thought of is no leak.
const SHOWN: &[&str] = &[
    "schemas",
    "op",
    "method",
    "bulkid",
    "version",
    "type",
    "primary",
    "active",
    "failonerrors",
    "startindex",
    "count",
    "cursor",
    "sortby",
    "sortorder",
    "attributes",
    "excludedattributes",
    "usertype",
    "locale",
    "timezone",
    "preferredlanguage",
    "resourcetype",
];

/// The same with everything inside them.
const SHOWN_WHOLE: &[&str] = &["roles", "entitlements"];

/// How much is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    Secrets,
    /// Secrets and personal data.
    Personal,
}

/// What happens to a value, by the names above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Where it is a text or a list of texts; of an object each member speaks for itself.
    Shown,
    ShownWhole,
    Personal,
    Secret,
}

impl Mask {
    /// A body.
    pub fn value(self, value: &mut Value) {
        self.walk(value, self.usual());
    }

    /// Whether a JSON text certainly has nothing to mask, so that it need not be read. With an escape in it nothing is certain.
    pub fn leaves(self, json: &str) -> bool {
        let bytes = json.as_bytes();
        let is_harmless = |at: usize| !is_secret_name(&bytes[at..]) && !looks_like_secret(&bytes[at..]);
        self == Self::Secrets && !bytes.contains(&b'\\') && (0..bytes.len()).all(is_harmless)
    }

    /// A filter or a path: names and operators stay, what is compared with them goes.
    pub fn expression(self, text: &str) -> String {
        if self == Self::Secrets && !names_secret(text) {
            return shown_text(text);
        }
        mask_literals(text)
    }

    /// A sentence: what is quoted in it, and addresses.
    pub fn sentence(self, text: &str) -> String {
        if self == Self::Secrets && !names_secret(text) {
            return shown_text(text);
        }
        let masked = mask_literals(text);
        let word = |word: &str| if word.contains('@') { HIDDEN.to_owned() } else { word.to_owned() };
        masked.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// A parameter of a query.
    pub fn parameter(self, name: &str, value: &str) -> String {
        match self.fate(name, self.usual()) {
            _ if name.eq_ignore_ascii_case("filter") => self.expression(value),
            Fate::Shown | Fate::ShownWhole => shown_text(value),
            _ if is_harmless(value) => value.to_owned(),
            _ => HIDDEN.to_owned(),
        }
    }

    /// A path of the interface: its last part may name a person where an id should stand.
    pub fn path(self, path: &str) -> String {
        let shown = |part: &str| match self {
            _ if is_harmless(part) => part.to_owned(),
            Self::Personal if !is_word_of_ours(part) => HIDDEN.to_owned(),
            _ => shown_text(part),
        };
        path.split('/').map(shown).collect::<Vec<_>>().join("/")
    }

    const fn usual(self) -> Fate {
        match self {
            Self::Secrets => Fate::Shown,
            Self::Personal => Fate::Personal,
        }
    }

    fn walk(self, value: &mut Value, fate: Fate) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) if matches!(fate, Fate::Shown | Fate::ShownWhole) => {}
            Value::Number(_) => *value = HIDDEN.into(),
            Value::String(text) => match fate {
                Fate::Secret => *text = HIDDEN.to_owned(),
                Fate::Personal if !is_harmless(text) => *text = HIDDEN.to_owned(),
                _ if hides_secret(text) => *text = HIDDEN.to_owned(),
                _ => {}
            },
            Value::Array(values) => values.iter_mut().for_each(|value| self.walk(value, fate)),
            Value::Object(members) if fate == Fate::Shown => self.members(members, self.usual()),
            Value::Object(members) => self.members(members, fate),
        }
    }

    fn members(self, members: &mut Map<String, Value>, fate: Fate) {
        // RFC 7644 §3.5.2: the value of a PATCH operation is what its path names.
        let path =
            members.iter().find(|(name, _)| name.eq_ignore_ascii_case("path")).and_then(|(_, path)| path.as_str());
        let of_path = path.map(|path| self.fate(path, fate));
        for (name, value) in members.iter_mut() {
            let fate = match of_path {
                Some(of_path) if name.eq_ignore_ascii_case("value") => of_path,
                _ => self.fate(name, fate),
            };
            match value {
                Value::String(text) if is_expression(name) => *text = self.location(text),
                value => self.walk(value, fate),
            }
        }
        // Entra writes filters into the names of members.
        if members.keys().any(|name| name.contains('"')) {
            let taken = std::mem::take(members);
            members.extend(taken.into_iter().map(|(name, value)| (self.expression(&name), value)));
        }
    }

    /// The path of a PATCH or bulk operation, or a filter in a body.
    fn location(self, text: &str) -> String {
        if text.starts_with('/') { self.path(text) } else { self.expression(text) }
    }

    fn fate(self, name: &str, above: Fate) -> Fate {
        if above == Fate::Secret || names_secret(name) {
            return Fate::Secret;
        }
        let attribute = name.split(['[', '.']).next().unwrap_or_default();
        let attribute = attribute.rsplit(':').next().unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(attribute));
        match above {
            _ if is_one_of(SHOWN_WHOLE) => Fate::ShownWhole,
            _ if is_one_of(SHOWN) => Fate::Shown,
            above => above,
        }
    }
}

fn is_expression(name: &str) -> bool {
    name.eq_ignore_ascii_case("path") || name.eq_ignore_ascii_case("filter")
}

/// Whether a name, or an expression with names in it, speaks of a secret.
fn names_secret(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| is_secret_name(&bytes[at..]))
}

/// Whether a text begins with a part of a name whose value is a secret.
fn is_secret_name(text: &[u8]) -> bool {
    // By their first letters: this is asked at each letter of each body.
    let words: &[&str] = match text.first().map(u8::to_ascii_lowercase) {
        Some(b'a') => &["assertion", "authorization", "apikey"],
        Some(b'c') => &["credential"],
        Some(b'p') => &["password", "passwd", "privatekey"],
        Some(b's') => &["secret"],
        Some(b't') => &["token"],
        _ => return false,
    };
    words.iter().any(|word| begins_with(text, word))
}

/// Whether a text begins like one that `hides_secret` finds by its looks.
fn looks_like_secret(text: &[u8]) -> bool {
    let is = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    match text.first() {
        Some(b's') => text.get(1) == Some(&b'c') && text.get(3) == Some(&b'_'),
        Some(b'e') => text.starts_with(b"eyJ"),
        Some(b'b' | b'B') => is(b"bearer ") || is(b"basic "),
        _ => false,
    }
}

/// Whether a text begins with a word, without regard to case and hyphens.
fn begins_with(text: &[u8], word: &str) -> bool {
    let mut letters = text.iter().filter(|letter| !matches!(letter, b'-' | b'_' | b' '));
    word.bytes().all(|wanted| letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(&wanted)))
}

/// A text whose name says nothing, but for secrets in it.
fn shown_text(text: &str) -> String {
    if hides_secret(text) { HIDDEN.to_owned() } else { text.to_owned() }
}

/// Whether a text carries a secret by its looks: one of ours, a signed token, a header, or a text with a name and a value in it.
fn hides_secret(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let looks_secret = |word: &str| {
        let ours = word.as_bytes();
        (ours.len() >= 24 && ours.starts_with(b"sc") && ours.get(3) == Some(&b'_'))
            || (word.starts_with("eyJ") && word.matches('.').count() == 2)
    };
    if text.len() < 8 {
        return false;
    }
    let assigns = || text.contains(['=', ':']) && !text.starts_with("urn:") && names_secret(text);
    text.split(|c| !is_part(c)).any(looks_secret) || has_scheme(text) || assigns()
}

fn has_scheme(text: &str) -> bool {
    let starts = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("Bearer ") || starts("Basic ")
}

/// Ids and words that say nothing of a person.
fn is_harmless(text: &str) -> bool {
    text.is_empty()
        || Uuid::try_parse(text).is_ok()
        || ["true", "false", "null"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A part of our own paths, such as `Users` or `.search`; a name of a schema.
fn is_word_of_ours(part: &str) -> bool {
    const WORDS: &[&str] = &[
        "scim",
        "v2",
        "oauth",
        "token",
        "Users",
        "Groups",
        "Organizations",
        "SettingsSets",
        "Roles",
        "Entitlements",
        "Bulk",
        "Me",
        ".search",
        "ServiceProviderConfig",
        "ResourceTypes",
        "Schemas",
        "openapi.json",
        "User",
        "Group",
    ];
    WORDS.contains(&part) || part.starts_with("urn:") || part.starts_with("bulkId:")
}

const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

/// Replaces what is quoted, and what stands behind an operator.
fn mask_literals(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut compares = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted_length(rest, '"'),
            '\'' if compares => quoted_length(rest, '\''),
            c if is_divider(c) => c.len_utf8(),
            _ => rest.find(|c| is_divider(c) || c == '"').unwrap_or(rest.len()),
        };
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        if is_divider(first) {
            masked.push_str(piece);
            continue;
        }
        let is_quoted = first == '"';
        let is_literal = is_quoted || compares;
        let bare = piece.trim_matches(['"', '\'']);
        match is_literal && !is_harmless(bare) {
            true if is_quoted => masked.push_str("\"***\""),
            true => masked.push_str(HIDDEN),
            false => masked.push_str(piece),
        }
        compares = !is_literal && OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(piece));
    }
    masked
}

fn is_divider(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']')
}

/// To the closing quote, or to the end where there is none.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
