//! Who calls, and errors as replies.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

/// The authenticated user.
pub(crate) struct Caller {
    pub(crate) user_id: i64,
    /// The address of the client, from the proxy in front.
    pub(crate) ip: Option<String>,
}

/// A caller who is an administrator.
pub(crate) struct Admin;

/// Why a request has no other reply.
pub(crate) enum Failure {
    Unauthenticated,
    Forbidden,
    Library(genledger::Error),
}

impl From<genledger::Error> for Failure {
    fn from(error: genledger::Error) -> Self {
        Self::Library(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Unauthenticated => return StatusCode::UNAUTHORIZED.into_response(),
            Self::Forbidden => return StatusCode::FORBIDDEN.into_response(),
            Self::Library(error) => error,
        };
        let status = StatusCode::from_u16(error.kind().http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            // For the operator; no message of the library holds a value.
            eprintln!("{error}");
            return status.into_response();
        }
        (status, Json(error)).into_response()
    }
}

fn header<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    parts.headers.get(name)?.to_str().ok()
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let user_id = header(parts, "x-user-id").and_then(|id| id.parse().ok());
        Ok(Self {
            user_id: user_id.ok_or(Failure::Unauthenticated)?,
            ip: header(parts, "x-forwarded-for").map(str::to_owned),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        Caller::from_request_parts(parts, state).await?;
        match header(parts, "x-role") {
            Some("admin") => Ok(Self),
            _ => Err(Failure::Forbidden),
        }
    }
}
