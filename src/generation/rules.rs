//! The rules that images and videos have in common.

use std::sync::LazyLock;

use genledger_contract::{CodedEnum, Violation, Violations};

use super::{GenerationStatus, ModelTable, Site, TaskRequest, TaskState, TextList};
use crate::validate::present;

/// The most characters of the URL of an input image.
const MAX_URL: usize = 2048;

/// The models that this version knows.
pub(super) fn built_in() -> &'static ModelTable {
    static BUILT_IN: LazyLock<ModelTable> = LazyLock::new(ModelTable::built_in);
    &BUILT_IN
}

pub(super) fn request(found: &mut Violations, request: &TaskRequest) {
    present(found, "project_id", &request.project_id);
    present(found, "project_name", &request.project_name);
    present(found, "storyboard_id", &request.storyboard_id);
    present(found, "work_id", &request.work_id);
    present(found, "prompt", &request.prompt);
    if let Some(url) = &request.callback_url {
        let fault = UrlFault::of(url, true);
        found.extend(fault.map(|fault| fault.at("callback_url".to_owned())));
    }
}

pub(super) fn model(found: &mut Violations, model: &str) {
    present(found, "model", model);
}

/// The requested site must offer the model.
pub(super) fn site(found: &mut Violations, want: Option<Site>, offered: impl Fn(Site) -> bool) {
    found.check(
        want.is_some_and(|site| site.is_known() && !offered(site)),
        "model",
        "model_not_on_site",
        "is not offered by the requested site",
    );
}

pub(super) fn input_images(found: &mut Violations, images: &TextList, most: usize) {
    images.check(found, "input_images");
    if images.items().len() > most {
        let message = format!("must be at most {most}");
        found.push(Violation::new("input_images", "too_many", message));
    }
    for (index, url) in images.items().iter().enumerate() {
        let path = || format!("input_images[{index}]");
        if url.chars().nth(MAX_URL).is_some() {
            let message = format!("is longer than {MAX_URL} characters");
            found.push(Violation::new(path(), "too_long", message));
        }
        found.extend(UrlFault::of(url, false).map(|fault| fault.at(path())));
    }
}

/// What a status requires.
pub(super) fn state(found: &mut Violations, state: &TaskState) {
    use GenerationStatus::{Completed, Failed, Processing};
    let status = state.generation_status;
    found.check(
        matches!(status, Processing | Completed) && state.jimeng_accounts_id.is_none(),
        "jimeng_accounts_id",
        "required",
        "is required from the first attempt on",
    );
    found.check(
        status == Failed && state.error_code.as_deref().is_none_or(str::is_empty),
        "error_code",
        "required",
        "is required of a failed task",
    );
    found.check(
        status.is_terminal() && state.finished_at.is_none(),
        "finished_at",
        "required",
        "is required with a terminal status",
    );
}

/// Why a text is not the URL of something that a service may request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UrlFault {
    NotHttp,
    NoHost,
    Credentials,
}

impl UrlFault {
    /// The first fault. Signed URLs of images may contain anything after the host.
    fn of(url: &str, refuses_users: bool) -> Option<Self> {
        let after = |scheme: &str| {
            let start = url.get(..scheme.len())?;
            let rest = url.get(scheme.len()..)?;
            start.eq_ignore_ascii_case(scheme).then_some(rest)
        };
        let rest = after("https://").or_else(|| after("http://"));
        let Some(rest) = rest.filter(|_| {
            !url.chars()
                .any(|char| char.is_whitespace() || char.is_control())
        }) else {
            return Some(Self::NotHttp);
        };
        // Browsers read a backslash as a slash.
        let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let host = match address.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => address.split(':').next().unwrap_or_default(),
        };
        if user.is_some() && refuses_users {
            return Some(Self::Credentials);
        }
        host.is_empty().then_some(Self::NoHost)
    }

    fn at(self, path: String) -> Violation {
        let (rule, message) = match self {
            Self::NotHttp => ("not_http", "must be a URL with http or https"),
            Self::NoHost => ("no_host", "must have a host"),
            Self::Credentials => ("credentials", "must not contain a user or a password"),
        };
        Violation::new(path, rule, message)
    }
}

#[cfg(test)]
mod tests {
    use super::UrlFault::{self, Credentials, NoHost, NotHttp};

    #[test]
    fn a_url_has_a_scheme_a_host_and_no_user() {
        for good in [
            "http://a",
            "HTTPS://cdn.example:8443/1.png?x=a@b#c",
            "https://[::1]:80/",
            "https://a/b@c",
            "https://\u{4f8b}.example/",
        ] {
            assert_eq!(UrlFault::of(good, true), None, "{good}");
        }
        for (url, fault) in [
            ("", NotHttp),
            ("http:/a", NotHttp),
            ("http:\\\\a", NotHttp),
            ("ftp://a", NotHttp),
            ("javascript:alert(1)//http://a", NotHttp),
            (" http://a", NotHttp),
            ("http://a\n", NotHttp),
            ("data:image/png;base64,AA", NotHttp),
            ("http\u{e9}//a", NotHttp),
            ("http://", NoHost),
            ("http:///a", NoHost),
            ("http://:80/", NoHost),
            ("http://?a", NoHost),
            ("http://[]/", NoHost),
            ("http://a:b@c/", Credentials),
            ("http://a@c", Credentials),
            ("http://@c", Credentials),
        ] {
            assert_eq!(UrlFault::of(url, true), Some(fault), "{url}");
        }
        // The host is the one after the last `@`, and a backslash ends it.
        assert_eq!(UrlFault::of("http://a@b@c/", true), Some(Credentials));
        assert_eq!(UrlFault::of("http://a\\@c", true), None);
        assert_eq!(UrlFault::of("http://a@c", false), None);
        assert_eq!(UrlFault::of("http://a@", false), Some(NoHost));
    }
}
