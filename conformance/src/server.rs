//! First contact: is there a server, is the token good, what does the server say it can do.

use serde_json::{Value, json};

use crate::case::{Credential, Need};
use crate::client::{Client, Request};

/// What ServiceProviderConfig promises.
#[derive(Debug, Clone)]
pub struct Server {
    pub config: Value,
    other_token: bool,
}

/// Refuses to start on a wrong address or token. Without this check a server that answers 401 to everything
/// would look as if it refused bad requests very well.
pub fn meet(client: &Client, other_token: bool) -> Result<Server, String> {
    greet(client, Credential::Main, "the token")?;
    if other_token {
        greet(client, Credential::Other, "the other account's token")?;
    }
    let config = client
        .send(&Request::new("GET", "/ServiceProviderConfig", None))?
        .json
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}));
    Ok(Server { config, other_token })
}

fn greet(client: &Client, credential: Credential, which: &str) -> Result<(), String> {
    let mut request = Request::new("GET", "/Users?count=1", None);
    request.credential = credential;
    let response = client.send(&request).map_err(|problem| format!("the server is not reachable: {problem}"))?;
    match response.status {
        200 => Ok(()),
        401 | 403 => Err(format!("the server refuses {which}: GET /Users?count=1 answered {}", response.status)),
        404 => Err("there is no SCIM service at this base URL: GET /Users?count=1 answered 404".into()),
        status => Err(format!("GET /Users?count=1 answered {status}; nothing can be tested before it answers 200")),
    }
}

impl Server {
    /// The reason to skip a case, if there is one.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        let promised = |pointer: &str| self.config.pointer(pointer) == Some(&Value::Bool(true));
        match need {
            Need::OtherToken => (!self.other_token).then_some("needs --other-token"),
            Need::Sort => (!promised("/sort/supported")).then_some("the server does not advertise sort"),
            Need::Etag => (!promised("/etag/supported")).then_some("the server does not advertise etag"),
            Need::Bulk => (!promised("/bulk/supported")).then_some("the server does not advertise bulk"),
            Need::Cursor => (!promised("/pagination/cursor")).then_some("the server does not advertise cursor paging"),
        }
    }
}
