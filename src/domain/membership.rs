//! The memberships of one user, and what becomes of them: the same for both doors, for rules and for fallbacks.

use super::{GroupsMode, Guard, Id, Origin, Policies, SingleOnAdd};

/// A user in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub group: Id,
    pub primary: bool,
    pub group_admin: bool,
    pub can_send: bool,
    /// Who gave it. The last of them takes it away with him.
    pub origins: Vec<Origin>,
    /// When it began, in milliseconds since 1970: the oldest remaining one becomes primary.
    pub since: i64,
}

/// The flags that somebody sets; what is not said stays, and begins as the product has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    pub group_admin: Option<bool>,
    pub can_send: Option<bool>,
}

impl Flags {
    /// As a membership begins, where nothing is said.
    pub fn complete(self) -> Self {
        Self { group_admin: Some(self.group_admin.unwrap_or(false)), can_send: Some(self.can_send.unwrap_or(true)) }
    }
}

/// Through which interface a membership is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `/Groups`: automatic reassignment out of Default may fire.
    Group,
    /// The user's profile, a rule: it never fires.
    Profile,
}

/// The memberships of one user while they change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memberships {
    pub list: Vec<Membership>,
}

impl Memberships {
    fn of(&mut self, group: Id) -> Option<&mut Membership> {
        self.list.iter_mut().find(|membership| membership.group == group)
    }

    pub fn primary(&self) -> Option<Id> {
        self.list.iter().find(|membership| membership.primary).map(|membership| membership.group)
    }

    /// Gives a membership, or one more reason for it.
    #[expect(
        clippy::too_many_arguments,
        reason = "each says something of its own; a struct would be made for this call only"
    )]
    pub fn join(
        &mut self,
        group: Id,
        flags: Flags,
        origin: Origin,
        door: Door,
        now: i64,
        default_group: Id,
        policies: &Policies,
    ) -> Result<(), Guard> {
        if let Some(membership) = self.of(group) {
            if !membership.origins.contains(&origin) {
                membership.origins.retain(|giver| *giver != Origin::Fallback);
                membership.origins.push(origin);
            }
            membership.set(flags);
            return Ok(());
        }
        let mut primary = self.list.is_empty();
        if policies.groups_mode == GroupsMode::Single {
            let elsewhere = self.list.iter().any(|membership| membership.group != default_group);
            if elsewhere && policies.single_on_add == SingleOnAdd::Reject {
                return Err(Guard::SingleGroupMode);
            }
            self.list.clear();
            primary = true;
        } else if door == Door::Group
            && policies.auto_reassign.is_on()
            && group != default_group
            && self.primary() == Some(default_group)
        {
            self.list.retain(|membership| membership.group != default_group);
            primary = true;
        }
        if primary {
            self.list.iter_mut().for_each(|membership| membership.primary = false);
        }
        let mut membership =
            Membership { group, primary, group_admin: false, can_send: true, origins: vec![origin], since: now };
        membership.set(flags);
        self.list.push(membership);
        Ok(())
    }

    /// Withdraws what one source gave. An administrator takes a membership away whoever gave it.
    pub fn leave(&mut self, group: Id, origin: Origin) {
        if matches!(origin, Origin::Admin(_)) {
            self.list.retain(|membership| membership.group != group);
            return;
        }
        if let Some(membership) = self.of(group) {
            membership.origins.retain(|giver| *giver != origin && *giver != Origin::Fallback);
            if membership.origins.is_empty() {
                self.list.retain(|membership| membership.group != group);
            }
        }
    }

    pub fn set_primary(&mut self, group: Id) -> Result<(), Guard> {
        if self.of(group).is_none() {
            return Err(Guard::PrimaryGroupNotMember);
        }
        for membership in &mut self.list {
            membership.primary = membership.group == group;
        }
        Ok(())
    }

    pub fn set_flags(&mut self, group: Id, flags: Flags) {
        if let Some(membership) = self.of(group) {
            membership.set(flags);
        }
    }

    /// Restores what always holds: at least one group, exactly one of them primary.
    pub fn settle(&mut self, default_group: Id, now: i64) {
        if self.list.is_empty() {
            let origins = vec![Origin::Fallback];
            self.list.push(Membership {
                group: default_group,
                primary: true,
                group_admin: false,
                can_send: true,
                origins,
                since: now,
            });
        }
        if self.primary().is_none() {
            let oldest = self.list.iter_mut().min_by_key(|membership| (membership.since, membership.group));
            if let Some(oldest) = oldest {
                oldest.primary = true;
            }
        }
    }
}

impl Membership {
    pub fn flags(&self) -> Flags {
        Flags { group_admin: Some(self.group_admin), can_send: Some(self.can_send) }
    }

    fn set(&mut self, flags: Flags) {
        self.group_admin = flags.group_admin.unwrap_or(self.group_admin);
        self.can_send = flags.can_send.unwrap_or(self.can_send);
    }
}

/// What has to be written to get from one list of memberships to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MembershipDiff {
    pub left: Vec<Id>,
    pub joined: Vec<Membership>,
    /// Flags, primary or origins differ.
    pub changed: Vec<Membership>,
    /// Whether a reader sees a difference; one more origin alone is none.
    pub is_visible: bool,
}

impl MembershipDiff {
    pub fn between(before: &Memberships, after: &Memberships) -> Self {
        let old = |group: Id| before.list.iter().find(|membership| membership.group == group);
        let mut diff = Self::default();
        for membership in &after.list {
            match old(membership.group) {
                None => diff.joined.push(membership.clone()),
                Some(old) if old != membership => {
                    let flags = |of: &Membership| (of.primary, of.group_admin, of.can_send);
                    diff.is_visible |= flags(old) != flags(membership);
                    diff.changed.push(membership.clone());
                }
                Some(_) => {}
            }
        }
        let stays = |group: Id| after.list.iter().any(|membership| membership.group == group);
        diff.left = before.list.iter().map(|membership| membership.group).filter(|group| !stays(*group)).collect();
        diff.is_visible |= !diff.left.is_empty() || !diff.joined.is_empty();
        diff
    }

    pub fn is_empty(&self) -> bool {
        self.left.is_empty() && self.joined.is_empty() && self.changed.is_empty()
    }
}
