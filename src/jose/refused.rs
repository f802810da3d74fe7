//! Why a token is not believed, in sentences that may be told to whoever showed it: they say what was wrong with what was
//! sent, and nothing of what would have been right.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Malformed,
    Algorithm,
    Critical,
    Key,
    KeysOutOfReach,
    Signature,
    Issuer,
    Audience,
    Subject,
    Claim,
    Endless,
    Expired,
    TooLong,
    NotYet,
    Replayed,
}

impl Refused {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => {
                "The JWT cannot be read: it has a header, claims and a signature, each in base64url, with dots between."
            }
            Self::Algorithm => {
                "The JWT is signed with an algorithm that is not allowed for its issuer; no signature at all and shared \
                 secrets never are."
            }
            Self::Critical => "The JWT has a critical header (crit) that is not understood here.",
            Self::Key => "The JWT names a signing key (kid) that its issuer does not publish.",
            Self::KeysOutOfReach => "The signing keys of the issuer cannot be fetched at present. Try again shortly.",
            Self::Signature => "The signature of the JWT is wrong.",
            Self::Issuer => "The JWT was made by an issuer (iss) that is not trusted here.",
            Self::Audience => "The JWT was made for another audience (aud).",
            Self::Subject => "The JWT speaks for another subject (sub).",
            Self::Claim => "The JWT lacks a claim that is asked of its issuer here, or says something else there.",
            Self::Endless => "The JWT does not say when it expires (exp).",
            Self::Expired => "The JWT has expired (exp). Send a new one, or compare the clocks of both sides.",
            Self::TooLong => "The JWT is good for more than 24 hours (exp). Send one that expires sooner.",
            Self::NotYet => "The JWT is not valid yet (nbf, iat). Compare the clocks of both sides.",
            Self::Replayed => "The JWT was used before (jti). Make a new one for each request.",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
