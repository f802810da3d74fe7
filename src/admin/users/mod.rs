//! Users as administrators see and steer them.

mod actions;
mod decide;
mod explain;
mod fields;
mod list;
mod managed;
mod settings;
mod show;
mod view;
mod wanted;
mod write;

pub use decide::{Answer, Question, decide};
pub use explain::{Explanation, explain};
pub use fields::{UserFields, main_of};
pub use list::{UserFilters, check_live, has_keyword, in_group, page, users_page};
pub use managed::check_leaving;
pub use settings::{EffectiveSettings, effective_settings};
pub use show::{any as user_of, find as live_user, reference};
pub use view::{Action, AnyUser, Named, UserReference, UserView};
pub use write::{
    Changed, MembershipWanted, create_user, deactivate_user, edit_user, reactivate_user, remove_user, set_memberships,
};
