//! `/Me` (RFC 7644 §3.11): the token of a connection stands for no person.

use super::answer::Failure;
use super::extract::Authenticated;
use crate::provisioning::Error;

pub async fn me(_: Authenticated) -> Failure {
    let detail = "This token belongs to a connection and not to a person, so there is no /Me. Use /Users/{id}.";
    Error::NotImplemented(detail).into()
}
