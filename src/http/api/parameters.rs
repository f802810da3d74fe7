//! Query parameters: those that are documented, and no other. A misspelt filter must not become an unfiltered list.

use super::Problem;
use axum::extract::Query;
use axum::http::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;

/// The parameters of an operation that has none of its own.
#[derive(Debug, Clone, Deserialize)]
pub struct NoParameters {}

impl IntoParams for NoParameters {
    fn into_params(_: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}

/// Splits a query into the parameters `C` that all operations of a kind have and those `Q` of one operation.
pub fn parse<C, Q>(uri: &Uri) -> Result<(C, Q), Problem>
where
    C: DeserializeOwned + IntoParams,
    Q: DeserializeOwned + IntoParams,
{
    let (common, own) = (names::<C>(), names::<Q>());
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let (mut for_common, mut for_own) = (Vec::new(), Vec::new());
    for (name, value) in pairs {
        if common.iter().any(|known| *known == name) {
            for_common.push((name, value));
        } else if own.iter().any(|known| *known == name) {
            for_own.push((name, value));
        } else {
            let known: Vec<String> = own.into_iter().chain(common).collect();
            let what = if known.is_empty() {
                "This takes none.".to_owned()
            } else {
                format!("This takes: {}.", known.join(", "))
            };
            let detail = format!("There is no parameter \"{name}\" here. {what}");
            return Err(Problem::new(400, "parameter_unknown", detail)
                .extra("parameter", name.as_ref())
                .extra("known", known));
        }
    }
    Ok((decode(&for_common)?, decode(&for_own)?))
}

/// The names that a type documents are those that it reads.
fn names<P: IntoParams>() -> Vec<String> {
    P::into_params(|| None).into_iter().map(|parameter| parameter.name).collect()
}

fn decode<P: DeserializeOwned>(pairs: &[(impl AsRef<str>, impl AsRef<str>)]) -> Result<P, Problem> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let uri = Uri::try_from(format!("/?{query}")).map_err(|error| invalid(&error.to_string()))?;
    let Query(read) = Query::try_from_uri(&uri).map_err(|rejection| {
        let text = rejection.body_text();
        invalid(text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text))
    })?;
    Ok(read)
}

fn invalid(what: &str) -> Problem {
    Problem::new(400, "parameter_invalid", format!("A parameter cannot be read: {what}."))
}
