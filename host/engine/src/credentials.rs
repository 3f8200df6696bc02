use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle_task::AppId;
use serde::{Deserialize, Serialize};

use crate::keys::Keys;
use crate::{Error, Host};

/// What a package is called in Windows' protocol; ours are called by the id of their app.
const CLIENT_PREFIX: &str = "ms-app://";

/// What a sender proves itself with that pushes for an app by Windows' protocol. Derived from the
/// host's secret: the store keeps only their number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Credentials {
    /// Whose they are, as the protocol calls a client: `ms-app://com.example.mail`.
    pub client_id: String,
    /// Nobody else may know it.
    pub client_secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Credentials {
    pub(crate) fn derive(keys: &Keys, app: &AppId, made: u32) -> Self {
        let secret = keys.secret(&format!("credentials of {app}, {made}"));
        Self {
            client_id: format!("{CLIENT_PREFIX}{app}"),
            client_secret: URL_SAFE_NO_PAD.encode(secret),
        }
    }
}

impl Host {
    /// The app whose credentials these are; none if they are nobody's. In a time that does not depend
    /// on the secret.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn app_of_credentials(
        &self,
        client_id: &str,
        secret: &str,
    ) -> Result<Option<AppId>, Error> {
        let Some(Ok(app)) = client_id.strip_prefix(CLIENT_PREFIX).map(str::parse::<AppId>) else {
            return Ok(None);
        };
        let made = self.credentials_made(&app)?;
        // Derived for an app that there is not, too: it takes the same time.
        let right = Credentials::derive(&self.inner.keys, &app, made);
        let is_right = self.inner.keys.are_equal(right.client_secret.as_bytes(), secret.as_bytes());
        Ok(Some(app).filter(|_| is_right && made > 0))
    }

    /// The number of an app's credentials, which no others ever have; 0 if none were made, or if there is
    /// no such app.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn credentials_made(&self, app: &AppId) -> Result<u32, Error> {
        self.inner.credentials(app)
    }
}
