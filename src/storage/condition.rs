//! Conditions of the domain as SQL, for both databases.
//!
//! A term is never NULL, so that `NOT` means what it says. Where an index shall serve, a list is asked with
//! `id IN (SELECT …)`, which can be walked from either side.

use super::sql::{Dialect, Sql};
use crate::domain::{Condition, FIRST, Field, Id, Kind};
use crate::expr::{Expr, Op, Value};

/// Which element a `Field::Element` belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Resource,
    Emails,
    Groups,
    Members,
    /// Memberships of a user with their flags.
    Memberships,
    /// The same rows, seen from the group.
    MemberSettings,
    ProfileList,
}

/// The table of a kind of resource.
pub const fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::Group => "groups",
        Kind::Organization => "organizations",
        Kind::SettingsSet => "settings_sets",
    }
}

/// Writes conditions on one kind of resource of one account.
#[derive(Clone, Copy)]
pub struct Writer {
    pub dialect: &'static Dialect,
    pub kind: Kind,
    pub account: Id,
    /// Whether the Default group is a group like the others to who asks.
    pub with_default_group: bool,
}

impl Writer {
    /// Writes a condition in brackets.
    pub fn condition<ST>(self, sql: &mut Sql<ST>, condition: &Condition) {
        self.write(sql, condition, Scope::Resource);
        if !is_look_up(condition) {
            sql.never_cached();
        }
    }

    fn write<ST>(self, sql: &mut Sql<ST>, condition: &Condition, scope: Scope) {
        match condition {
            Expr::Const(true) => {
                sql.words("1 = 1");
            }
            Expr::Const(false) => {
                sql.words("1 = 0");
            }
            Expr::And(terms) => self.joined(sql, terms, " AND ", scope),
            Expr::Or(terms) => self.joined(sql, terms, " OR ", scope),
            Expr::Not(inner) => {
                sql.words("NOT (");
                self.write(sql, inner, scope);
                sql.words(")");
            }
            Expr::Present(field) => self.present(sql, field, scope),
            Expr::Compare(field, op, value) => self.compare(sql, field, *op, value, scope),
            Expr::Any(list, inner) => self.any(sql, list, inner),
        }
    }

    fn joined<ST>(self, sql: &mut Sql<ST>, terms: &[Condition], between: &'static str, scope: Scope) {
        for (index, term) in terms.iter().enumerate() {
            sql.words(if index == 0 { "(" } else { between });
            self.write(sql, term, scope);
        }
        sql.words(")");
    }

    fn any<ST>(self, sql: &mut Sql<ST>, list: &Field, inner: &Condition) {
        match list {
            Field::Emails => {
                sql.words("users.id IN (SELECT e.user_id FROM user_emails e WHERE e.account_id = ").id(self.account);
                self.inside(sql, inner, Scope::Emails);
            }
            Field::Groups => {
                sql.words("users.id IN (SELECT m.user_id FROM memberships m");
                if mentions(inner, "display") {
                    sql.words(" JOIN groups g ON g.account_id = m.account_id AND g.id = m.group_id");
                }
                sql.words(" WHERE m.account_id = ").id(self.account);
                if !self.with_default_group && !is_value(inner) {
                    sql.words(" AND m.group_id NOT IN (SELECT d.id FROM groups d WHERE d.account_id = ")
                        .id(self.account);
                    sql.words(" AND d.is_default = TRUE)");
                }
                self.inside(sql, inner, Scope::Groups);
            }
            Field::Memberships => {
                sql.words(
                    "users.id IN (SELECT m.user_id FROM memberships m JOIN groups g \
                     ON g.account_id = m.account_id AND g.id = m.group_id WHERE m.account_id = ",
                );
                sql.id(self.account);
                self.inside(sql, inner, Scope::Memberships);
            }
            Field::MemberSettings => {
                sql.words("groups.id IN (SELECT m.group_id FROM memberships m WHERE m.account_id = ").id(self.account);
                self.inside(sql, inner, Scope::MemberSettings);
            }
            Field::Members => {
                sql.words("groups.id IN (SELECT m.group_id FROM memberships m WHERE m.account_id = ").id(self.account);
                self.inside(sql, inner, Scope::Members);
            }
            list => {
                sql.words("EXISTS (SELECT 1 FROM ").words(self.dialect.each[0]);
                self.column(sql, list, Scope::Resource, Reading::Json);
                sql.words(self.dialect.each[1]).words(" WHERE 1 = 1");
                self.inside(sql, inner, Scope::ProfileList);
            }
        }
    }

    fn inside<ST>(self, sql: &mut Sql<ST>, inner: &Condition, scope: Scope) {
        sql.words(" AND ");
        self.write(sql, inner, scope);
        sql.words(")");
    }

    fn present<ST>(self, sql: &mut Sql<ST>, field: &Field, scope: Scope) {
        if is_list(field) {
            return self.any(sql, field, &Expr::Const(true));
        }
        if matches!(field, Field::PrimaryGroup) {
            sql.words("1 = 1");
            return;
        }
        self.column(sql, field, scope, Reading::Text);
        sql.words(" IS NOT NULL");
    }

    fn compare<ST>(self, sql: &mut Sql<ST>, field: &Field, op: Op, value: &Value, scope: Scope) {
        match (field, value) {
            (Field::Active, Value::Bool(active)) => {
                // Written out, because a partial index serves only a condition that names its value.
                sql.words(if *active { "users.active = TRUE" } else { "users.active = FALSE" });
            }
            (Field::Archived, Value::Bool(flag)) => {
                sql.words(if *flag { "groups.archived = TRUE" } else { "groups.archived = FALSE" });
            }
            (Field::Default, Value::Bool(flag)) => {
                sql.words(if *flag { "groups.is_default = TRUE" } else { "groups.is_default = FALSE" });
            }
            (Field::Element(_), Value::Bool(flag)) if matches!(scope, Scope::Memberships | Scope::MemberSettings) => {
                self.column(sql, field, scope, Reading::Text);
                sql.words(if *flag { " = TRUE" } else { " = FALSE" });
            }
            (Field::Status, Value::Text(text)) if op == Op::Equal => {
                sql.words(match text.as_str() {
                    "invited" => "users.status = 'invited'",
                    "active" => "users.status = 'active'",
                    "inactive" => "users.status = 'inactive'",
                    _ => "1 = 0",
                });
            }
            (Field::Organization, Value::Text(text)) => {
                sql.words("users.id IN (SELECT i.id FROM users i WHERE i.account_id = ").id(self.account);
                sql.words(" AND i.organization_id IN (SELECT o.id FROM organizations o");
                sql.words(" WHERE o.account_id = ").id(self.account).words(" AND ");
                self.by_name_or_id(sql, op, text, "o.display_name_key", "o.id");
                sql.words("))");
            }
            (Field::PrimaryGroup, Value::Text(text)) => {
                sql.words(
                    "users.id IN (SELECT m.user_id FROM memberships m JOIN groups g ON g.account_id = m.account_id",
                );
                sql.words(" AND g.id = m.group_id WHERE m.account_id = ").id(self.account);
                sql.words(" AND m.is_primary = TRUE AND ");
                self.by_name_or_id(sql, op, text, "g.display_name_key", "g.id");
                sql.words(")");
            }
            (Field::MemberCount, Value::Number(number)) => {
                // Numbers of members are whole: 2.5 lies between two of them.
                #[expect(clippy::cast_possible_truncation, reason = "a count beyond 2^53 is no count")]
                let whole = number.floor() as i64;
                let is_whole = number.fract() == 0.0;
                sql.words("groups.member_count").words(match (op, is_whole) {
                    (Op::GreaterOrEqual, false) => " > ",
                    (Op::Less, false) => " <= ",
                    (op, _) => order_sign(op),
                });
                sql.bigint(whole);
                if op == Op::Equal && !is_whole {
                    sql.words(" AND 1 = 0");
                }
            }
            (Field::Created, Value::Time(time)) => self.created(sql, op, *time),
            (Field::LastModified, Value::Time(time)) => {
                self.column(sql, field, scope, Reading::Text);
                sql.words(order_sign(op)).bigint(*time);
            }
            (_, Value::Text(text)) if self.is_id(field, scope) => self.compare_id(sql, field, op, text, scope),
            (_, Value::Text(text)) => {
                self.compare_text(sql, op, text, &|sql| self.column(sql, field, scope, Reading::Text));
            }
            (_, Value::Bool(flag)) => {
                let flag = if *flag { "true" } else { "false" };
                self.compare_text(sql, op, flag, &|sql| self.column(sql, field, scope, Reading::Text));
            }
            // The binding gives each field its own type of value.
            _ => {
                sql.words("1 = 0");
            }
        }
    }

    /// A flat string that stands for something with a name: the name as the operator says, or the id.
    fn by_name_or_id<ST>(self, sql: &mut Sql<ST>, op: Op, text: &str, name: &'static str, id: &'static str) {
        sql.words("(");
        self.compare_text(sql, op, text, &|sql| {
            sql.words(name);
        });
        if let (Op::Equal, Ok(named)) = (op, text.parse::<Id>()) {
            sql.words(" OR ").words(id).words(" = ").id(named);
        }
        sql.words(")");
    }

    /// The time of creation is the beginning of the id.
    fn created<ST>(self, sql: &mut Sql<ST>, op: Op, time: i64) {
        let (this, next) = (Id::first_of(time), Id::first_of(time.saturating_add(1)));
        let column = self.table();
        match op {
            Op::Greater => sql.words(column).words(".id >= ").id(next),
            Op::GreaterOrEqual => sql.words(column).words(".id >= ").id(this),
            Op::Less => sql.words(column).words(".id < ").id(this),
            Op::LessOrEqual => sql.words(column).words(".id < ").id(next),
            _ => {
                sql.words("(").words(column).words(".id >= ").id(this).words(" AND ");
                sql.words(column).words(".id < ").id(next).words(")")
            }
        };
    }

    fn compare_id<ST>(self, sql: &mut Sql<ST>, field: &Field, op: Op, text: &str, scope: Scope) {
        match (op, text.parse::<Id>()) {
            // Another spelling of the same identifier is another text.
            (Op::Equal, Ok(id)) if id.to_string() == text => {
                self.column(sql, field, scope, Reading::Text);
                sql.words(" = ").id(id);
            }
            (Op::Equal, _) => {
                sql.words("1 = 0");
            }
            _ => self.compare_text(sql, op, text, &|sql| {
                sql.template(self.dialect.id_as_text, |sql, _| self.column(sql, field, scope, Reading::Text));
            }),
        }
    }

    /// `left` writes what is compared with the text.
    fn compare_text<ST>(self, sql: &mut Sql<ST>, op: Op, text: &str, left: &dyn Fn(&mut Sql<ST>)) {
        sql.words("(");
        left(sql);
        sql.words(" IS NOT NULL");
        match op {
            Op::Contains | Op::StartsWith | Op::EndsWith if text.is_empty() => {}
            Op::Contains => {
                sql.words(" AND ").words(self.dialect.find).words("(");
                left(sql);
                sql.words(", ").text(text).words(") > 0");
            }
            Op::EndsWith => {
                let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
                sql.words(" AND ").words(self.dialect.tail[0]);
                left(sql);
                sql.words(self.dialect.tail[1]).integer(length).words(self.dialect.tail[2]).words(" = ").text(text);
            }
            // A range, because an index on text serves it on both databases; LIKE does not.
            Op::StartsWith => {
                sql.words(" AND ");
                left(sql);
                sql.words(" >= ").text(text);
                if let Some(end) = end_of_prefix(text) {
                    sql.words(" AND ");
                    left(sql);
                    sql.words(" < ").text(end);
                }
            }
            op => {
                sql.words(" AND ");
                left(sql);
                sql.words(order_sign(op)).text(text);
            }
        }
        sql.words(")");
    }

    fn is_id(self, field: &Field, scope: Scope) -> bool {
        match field {
            Field::Id => true,
            Field::Element(part) => {
                *part == "value"
                    && matches!(scope, Scope::Groups | Scope::Members | Scope::Memberships | Scope::MemberSettings)
            }
            _ => false,
        }
    }

    const fn table(self) -> &'static str {
        table(self.kind)
    }

    /// Writes where a field is read from.
    pub(super) fn field<ST>(self, sql: &mut Sql<ST>, field: &Field) {
        self.column(sql, field, Scope::Resource, Reading::Text);
    }

    fn column<ST>(self, sql: &mut Sql<ST>, field: &Field, scope: Scope, reading: Reading) {
        let own = |sql: &mut Sql<ST>, column| {
            sql.words(self.table()).words(column);
        };
        match field {
            Field::Id | Field::Created => own(sql, ".id"),
            Field::UserName => own(sql, ".user_name_key"),
            Field::DisplayName => own(sql, ".display_name_key"),
            Field::ExternalId => own(sql, ".external_id"),
            Field::Active => own(sql, ".active"),
            Field::LastModified => own(sql, ".last_modified"),
            Field::Profile(path) => {
                if reading == Reading::Text {
                    sql.words("(");
                }
                own(sql, ".search");
                for (index, name) in path.iter().enumerate() {
                    if *name == FIRST {
                        sql.words("->0");
                        continue;
                    }
                    let last = index + 1 == path.len() && reading == Reading::Text;
                    sql.words(if last { "->>'" } else { "->'" }).words(name).words("'");
                }
                if reading == Reading::Text {
                    sql.words(")").words(self.dialect.by_code_point);
                }
            }
            Field::Element(part) => match (scope, *part) {
                (Scope::Emails, "value") => {
                    sql.words("e.value_key");
                }
                (Scope::Emails, "type") => {
                    sql.words("e.type_key");
                }
                (Scope::Emails, "display") => {
                    sql.words("e.display_key");
                }
                (Scope::Emails, _) => {
                    sql.words("e.is_primary");
                }
                (Scope::Groups, "value") => {
                    sql.words("m.group_id");
                }
                (Scope::Groups, _) => {
                    sql.words("g.display_name_key");
                }
                (Scope::Members, _) | (Scope::MemberSettings, "value") => {
                    sql.words("m.user_id");
                }
                (Scope::Memberships, "value") => {
                    sql.words("m.group_id");
                }
                (Scope::Memberships | Scope::MemberSettings, "primary") => {
                    sql.words("m.is_primary");
                }
                (Scope::Memberships | Scope::MemberSettings, "groupAdmin") => {
                    sql.words("m.group_admin");
                }
                (Scope::Memberships | Scope::MemberSettings, "canSend") => {
                    sql.words("m.can_send");
                }
                (Scope::Memberships, "origin") => {
                    sql.words("m.origins");
                }
                (Scope::Memberships | Scope::MemberSettings, _) => {
                    sql.words("g.display_name_key");
                }
                (Scope::ProfileList | Scope::Resource, part) => {
                    sql.words("(e.value->>'").words(part).words("')").words(self.dialect.by_code_point);
                }
            },
            Field::Status => own(sql, ".status"),
            Field::Organization => own(sql, ".organization_id"),
            Field::Username => own(sql, ".username_key"),
            Field::Archived => own(sql, ".archived"),
            Field::Default => own(sql, ".is_default"),
            Field::MemberCount => own(sql, ".member_count"),
            Field::Emails
            | Field::Groups
            | Field::Members
            | Field::Memberships
            | Field::MemberSettings
            | Field::PrimaryGroup => {
                sql.words("NULL");
            }
        }
    }
}

/// Whether JSON is read as text or as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Text,
    Json,
}

fn is_list(field: &Field) -> bool {
    matches!(field, Field::Emails | Field::Groups | Field::Members | Field::Memberships | Field::MemberSettings)
}

fn mentions(condition: &Condition, part: &str) -> bool {
    match condition {
        Expr::Const(_) => false,
        Expr::And(terms) | Expr::Or(terms) => terms.iter().any(|term| mentions(term, part)),
        Expr::Not(inner) | Expr::Any(_, inner) => mentions(inner, part),
        Expr::Present(field) | Expr::Compare(field, ..) => matches!(field, Field::Element(name) if *name == part),
    }
}

/// The look-ups that identity providers repeat all day: one or two equalities, of which an index finds a few rows.
/// There are only some dozen shapes of them.
pub(super) fn is_look_up(condition: &Condition) -> bool {
    match condition {
        Expr::And(terms) => terms.len() <= 2 && terms.iter().all(is_selective),
        leaf => is_selective(leaf),
    }
}

fn is_selective(condition: &Condition) -> bool {
    match condition {
        Expr::Compare(field, Op::Equal, _) => {
            matches!(field, Field::Id | Field::UserName | Field::ExternalId | Field::DisplayName)
        }
        Expr::Any(Field::Members | Field::Emails, inner) => match inner.as_ref() {
            Expr::And(terms) => terms.len() == 2 && terms.iter().any(is_value),
            leaf => is_value(leaf),
        },
        _ => false,
    }
}

fn is_value(condition: &Condition) -> bool {
    matches!(condition, Expr::Compare(Field::Element("value"), Op::Equal, _))
}

fn order_sign(op: Op) -> &'static str {
    match op {
        Op::Greater => " > ",
        Op::GreaterOrEqual => " >= ",
        Op::Less => " < ",
        Op::LessOrEqual => " <= ",
        Op::Equal | Op::Contains | Op::StartsWith | Op::EndsWith => " = ",
    }
}

/// The smallest text that is greater than every text with this prefix, by code point; `None` when there is none.
fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match u32::from(last) + 1 {
            0xD800..=0xDFFF => 0xE000,
            next => next,
        };
        if let Some(next) = char::from_u32(next) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}
