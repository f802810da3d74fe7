//! Rules of a connection: how one push is routed to an organization, and how attributes become roles and groups.

use super::{Flags, Id};
use serde::{Deserialize, Serialize};

/// `when` a pushed resource matches, `set` this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: Id,
    pub name: String,
    /// A SCIM filter on the user.
    pub when: String,
    pub set: RuleSet,
}

/// What a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleSet {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<Id>,
    /// Keys of the catalogue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<RuleGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_group: Option<Id>,
}

/// A membership that a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleGroup {
    pub group: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_admin: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_send: Option<bool>,
}

impl RuleGroup {
    pub fn flags(&self) -> Flags {
        Flags { group_admin: self.group_admin, can_send: self.can_send }
    }
}

/// The rules of a connection, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleBook {
    pub rules: Vec<Rule>,
    /// Rules that are no more: what they gave is withdrawn when a user is written next.
    pub retired: Vec<Id>,
}

impl RuleBook {
    /// Puts other rules in the place of these. What one gave that is not among them is withdrawn later.
    pub fn replace(&mut self, rules: Vec<Rule>) {
        let stays = |id: &Id| rules.iter().any(|rule| rule.id == *id);
        self.retired.retain(|id| !stays(id));
        self.retired.extend(self.rules.iter().map(|rule| rule.id).filter(|id| !stays(id)));
        self.rules = rules;
    }

    /// Whether a rule is or was one of these.
    pub fn has(&self, id: Id) -> bool {
        self.rules.iter().any(|rule| rule.id == id) || self.retired.contains(&id)
    }
}
