//! Roles: the catalogue of an account, and the grants of a user.

use super::{Cardinality, Error, Guard, Origin, Policies, Preset, RoleCeiling, UnknownRoles};
use crate::expr::fold;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A role that an account knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Never changes.
    pub key: String,
    pub name: String,
    /// What identity providers may call it, in any case.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it allows: `*` is everything, `billing.*` everything about billing.
    #[serde(default)]
    pub capabilities: Vec<String>,
    #[serde(default)]
    pub is_admin: bool,
}

impl Role {
    fn built_in(key: &str, name: &str, aliases: &[&str], capabilities: &[&str], is_admin: bool) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            aliases: owned(aliases),
            capabilities: owned(capabilities),
            is_admin,
        }
    }

    fn is_called(&self, folded: &str) -> bool {
        [&self.key, &self.name].into_iter().chain(&self.aliases).any(|word| fold(word) == folded)
    }

    /// The least ceiling below which a connection may grant it.
    pub fn level(&self) -> RoleCeiling {
        if self.is_admin || self.allows("admin.users") {
            RoleCeiling::Administrator
        } else if self.allows("billing.view") {
            RoleCeiling::FinanceAdmin
        } else {
            RoleCeiling::StandardUser
        }
    }

    /// Whether it allows something such as `billing.view`.
    pub fn allows(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(area) => capability.starts_with(area),
            None => pattern == capability,
        })
    }
}

/// The roles of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    pub roles: Vec<Role>,
}

/// Capabilities that the built-in roles are made of.
pub const CAPABILITIES: &[&str] = &[
    "sessions.create",
    "sessions.edit",
    "sessions.send",
    "templates.use",
    "billing.view",
    "billing.edit",
    "admin.users",
    "admin.groups",
    "admin.settings",
];

impl Catalogue {
    /// The roles that every account of a preset has.
    pub fn built_in(preset: Preset) -> Self {
        let everyday = &["sessions.*", "templates.*"];
        let mut roles = vec![
            Role::built_in("administrator", "Administrator", &["Organization admin", "ADMIN"], &["*"], true),
            Role::built_in("standard_user", "Standard User", &["User", "USER"], everyday, false),
        ];
        if !matches!(preset, Preset::Easyink | Preset::OrgAdmin) {
            roles.push(Role::built_in("finance_admin", "Finance Admin", &[], &["billing.*"], false));
        }
        Self { roles }
    }

    /// The roles beyond those of the preset.
    pub fn own(&self, preset: Preset) -> Vec<Role> {
        let built_in = Self::built_in(preset);
        self.roles.iter().filter(|role| built_in.by_key(&role.key).is_none()).cloned().collect()
    }

    /// A role by key, name or alias, in any case.
    pub fn find(&self, name: &str) -> Option<&Role> {
        let folded = fold(name.trim());
        self.roles.iter().find(|role| role.is_called(&folded))
    }

    pub fn by_key(&self, key: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.key == key)
    }

    /// The names to show to somebody who sent another one.
    pub fn names(&self) -> String {
        self.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Adds a role of the account's own.
    pub fn add(&mut self, role: Role) -> Result<(), Error> {
        let words = [&role.key, &role.name].into_iter().chain(&role.aliases);
        if let Some(taken) = words.into_iter().find(|word| self.find(word).is_some()) {
            return Err(Error::RoleTaken { name: taken.clone() });
        }
        self.roles.push(role);
        Ok(())
    }
}

/// A role as somebody wishes it for a user: what an element of the SCIM attribute `roles` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleWish {
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// A direct role of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    #[serde(flatten)]
    pub wish: RoleWish,
    /// The role of the catalogue; none when the catalogue does not have what was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who gave it: the last of them takes it away with him.
    pub origins: Vec<Origin>,
    /// Above what the connection may grant: it waits for an administrator.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

impl RoleGrant {
    /// The role it gives.
    pub fn effective(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| !self.held)
    }
}

/// How high one source may grant, and what happens above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    pub highest: RoleCeiling,
    pub refuse: bool,
}

impl Ceiling {
    /// An administrator of the account may grant everything.
    pub const NONE: Self = Self { highest: RoleCeiling::Administrator, refuse: true };
}

/// The grants after a source has said which roles it gives: what it gave before and does not say any more is
/// withdrawn, what others gave stays. An administrator says the whole list, whoever gave what is on it.
pub fn assign(
    current: &[RoleGrant],
    origin: Origin,
    wishes: Vec<RoleWish>,
    catalogue: &Catalogue,
    policies: &Policies,
    ceiling: Ceiling,
) -> Result<Vec<RoleGrant>, Guard> {
    let same = |grant: &RoleGrant, wish: &RoleWish, key: Option<&str>| {
        grant.wish.kind == wish.kind
            && (grant.wish.value == wish.value || (key.is_some() && grant.key.as_deref() == key))
    };
    let by_admin = matches!(origin, Origin::Admin(_));
    // What the product gave by itself gives way to what somebody says.
    let gives_way = |giver: Origin| giver == Origin::Fallback && !wishes.is_empty();
    let mut grants: Vec<RoleGrant> = current.to_vec();
    for grant in &mut grants {
        grant.origins.retain(|giver| !by_admin && *giver != origin && !gives_way(*giver));
    }
    let mut said = Vec::new();
    for wish in wishes {
        let role = catalogue.find(&wish.value);
        if role.is_none() && policies.unknown_roles == UnknownRoles::Reject {
            return Err(Guard::RoleUnknown { name: wish.value, known: catalogue.names() });
        }
        let above = role.is_some_and(|role| role.level() > ceiling.highest);
        let key = role.map(|role| role.key.as_str());
        let before = current.iter().find(|old| same(old, &wish, key));
        match grants.iter_mut().find(|grant| same(grant, &wish, key)) {
            Some(grant) if by_admin => {
                grant.origins = before.map(|old| old.origins.clone()).unwrap_or_default();
                if grant.held || grant.origins.is_empty() {
                    grant.origins.push(origin);
                }
                grant.held = false;
            }
            Some(grant) => {
                let had = before.is_some_and(|old| old.origins.contains(&origin));
                // A client that sends back what it has read does not become the giver of what others gave.
                let echoes = !had && matches!(origin, Origin::Scim(_)) && before.is_some();
                if echoes && grant.origins.is_empty() {
                    grant.origins = before.map(|old| old.origins.clone()).unwrap_or_default();
                }
                if !echoes && !grant.origins.contains(&origin) {
                    grant.origins.push(origin);
                    grant.held &= above;
                }
                // Of two names of one role the first is shown, as when it was given.
                let name = (grant.key.clone().unwrap_or_else(|| wish.value.clone()), wish.kind.clone());
                if had && !said.contains(&name) {
                    grant.wish = wish;
                }
                said.push(name);
            }
            None if above && ceiling.refuse => {
                return Err(Guard::RoleCeiling { name: wish.value, ceiling: ceiling.highest });
            }
            None => grants.push(RoleGrant { key: key.map(str::to_owned), wish, origins: vec![origin], held: above }),
        }
    }
    grants.retain(|grant| !grant.origins.is_empty());
    let (had, known) = (keys(current), keys(&grants));
    // Who had several before the account wanted one keeps them until somebody gives him another.
    if policies.cardinality == Cardinality::Single && known.len() > 1 && !known.is_subset(&had) {
        return Err(Guard::RoleCardinality { names: known.into_iter().map(str::to_owned).collect() });
    }
    Ok(grants)
}

/// The roles of the catalogue among grants.
fn keys(grants: &[RoleGrant]) -> BTreeSet<&str> {
    grants.iter().filter_map(|grant| grant.key.as_deref()).collect()
}

/// Whether one of the effective direct roles makes an administrator.
pub fn has_admin(grants: &[RoleGrant], catalogue: &Catalogue) -> bool {
    let mut roles = grants.iter().filter_map(|grant| catalogue.by_key(grant.effective()?));
    roles.any(|role| role.is_admin)
}
