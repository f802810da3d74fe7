//! Groups as administrators see and steer them.

mod list;
mod members;
mod show;
mod view;
mod write;

pub use list::{GroupFilters, candidates_page, groups_page, members_page};
pub use members::{MemberWanted, change_member, change_members};
pub use show::one as group_of;
pub use view::{CandidateView, GroupView, MemberView, MembersChanged};
pub use write::{GroupFields, archive_group, create_group, delete_group, edit_group};
