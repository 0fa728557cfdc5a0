//! Where the server is and how to get in, from any of the texts that PHP users have for it:
//! `postgresql://user:password@host:port/database?key=value`, PDO's `pgsql:host=…;dbname=…`,
//! libpq's `host=… dbname=…`, or names and values one by one.
//!
//! Keys mean what they mean to libpq (34.1.2 of PostgreSQL's documentation), except that
//! `sslmode` is `verify-full` when nothing is said, and that nothing but a password is looked for in the
//! environment ([`Config::look_for_password`]).

use std::path::{Path, PathBuf};

use tusk_link::address::Address;
use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::timer::of_seconds;

use crate::limits;
use crate::login::keys::KeyCache;
use crate::passfile::Passwords;

/// How much of TLS is asked for; libpq's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// None.
    Disable,
    /// If the server has it; no certificate is looked at.
    Prefer,
    /// Encrypted; the certificate is looked at only if `sslrootcert` is given.
    Require,
    /// Signed by a known authority.
    VerifyCa,
    /// And for this host.
    VerifyFull,
}

/// Must the password exchange be bound to the TLS channel?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Never.
    Disable,
    /// When both sides can.
    Prefer,
    /// Or the connection is refused.
    Require,
}

/// Which of several servers is wanted; libpq's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Whichever lets us in.
    Any,
    /// One whose transactions may write.
    ReadWrite,
    /// One whose transactions may not.
    ReadOnly,
    /// One that is not in recovery.
    Primary,
    /// One that is.
    Standby,
    /// One that is, or any if there is none.
    PreferStandby,
}

/// See the module's description.
#[derive(Clone, Debug)]
pub struct Config {
    /// A name, a numeric address, or the folder of a Unix socket; several apart by commas.
    pub host: String,
    /// One port for all hosts, or one for each.
    pub ports: Vec<u16>,
    /// Which of the hosts.
    pub target: Target,
    /// Each connection begins with another host.
    pub balance: bool,
    /// Who we are.
    pub user: String,
    /// How we show it.
    pub password: Option<Vec<u8>>,
    /// Where to find it when it is not given.
    pub passwords: Passwords,
    /// Which database; the user's name when empty.
    pub database: String,
    /// What the server shows in pg_stat_activity.
    pub application_name: String,
    /// Command line options for the backend, such as `-c search_path=x`.
    pub options: Option<String>,
    /// See [`SslMode`].
    pub sslmode: SslMode,
    /// File of authorities, instead of the system's.
    pub sslrootcert: Option<PathBuf>,
    /// Our own certificate.
    pub sslcert: Option<PathBuf>,
    /// And its key.
    pub sslkey: Option<PathBuf>,
    /// See [`Binding`].
    pub channel_binding: Binding,
    /// See [`limits::CONNECT_TIMEOUT`].
    pub connect_timeout: Nanos,
    /// What the password has given at the last login, for the next one.
    pub keys: KeyCache,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            host: "localhost".into(),
            ports: vec![5432],
            target: Target::Any,
            balance: false,
            user: String::new(),
            password: None,
            passwords: Passwords::default(),
            database: String::new(),
            application_name: "tusk".into(),
            options: None,
            sslmode: SslMode::VerifyFull,
            sslrootcert: None,
            sslcert: None,
            sslkey: None,
            channel_binding: Binding::Prefer,
            connect_timeout: limits::CONNECT_TIMEOUT,
            keys: KeyCache::default(),
        }
    }
}

const KNOWN: &str = "host, port, user, password, passfile, dbname, application_name, options, sslmode, sslrootcert, sslcert, \
     sslkey, channel_binding, connect_timeout, target_session_attrs, load_balance_hosts, client_encoding";

impl Config {
    /// Understands a text.
    ///
    /// # Errors
    /// `Misuse` that names the key; never the text, which may hold a password.
    pub fn parse(text: &str) -> Result<Config, Error> {
        let mut config = Config::default();
        let url = text
            .strip_prefix("postgresql://")
            .or_else(|| text.strip_prefix("postgres://"));
        match (url, text.strip_prefix("pgsql:")) {
            (Some(rest), _) => config.read_url(rest)?,
            (None, Some(rest)) => {
                // PDO hands the text to libpq with blanks for semicolons.
                config.read_pairs(&rest.replace(';', " "))?;
            }
            (None, None) => config.read_pairs(text)?,
        }
        Ok(config)
    }

    /// Sets one value by its name.
    ///
    /// # Errors
    /// `Misuse` for unknown names and values that cannot be.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Error> {
        if value.contains('\0') {
            return Err(misuse(format!("\"{key}\" holds a NUL byte")));
        }
        let file = || Some(PathBuf::from(value)).filter(|_| !value.is_empty());
        match key {
            "host" | "hostaddr" => self.host = value.to_owned(),
            "port" => {
                let port = |text: &str| text.trim().parse().ok().filter(|&port| port > 0);
                let ports: Option<Vec<u16>> = value.split(',').map(port).collect();
                self.ports = ports.ok_or_else(|| misuse(format!("\"{value}\" is no port")))?;
            }
            "target_session_attrs" => self.target = target(value)?,
            "load_balance_hosts" => {
                self.balance = match value {
                    "disable" => false,
                    "random" => true,
                    _ => return Err(misuse("load_balance_hosts is disable or random".into())),
                }
            }
            "user" | "username" => self.user = value.to_owned(),
            "password" => self.password = Some(value.as_bytes().to_vec()),
            "passfile" => self.passwords = Passwords::read(Path::new(value))?,
            "dbname" | "database" => self.database = value.to_owned(),
            "application_name" => self.application_name = value.to_owned(),
            "options" => self.options = Some(value.to_owned()).filter(|text| !text.is_empty()),
            "sslmode" => self.sslmode = ssl_mode(value)?,
            "sslrootcert" if value == "system" => self.sslrootcert = None,
            "sslrootcert" => self.sslrootcert = file(),
            "sslcert" => self.sslcert = file(),
            "sslkey" => self.sslkey = file(),
            "channel_binding" => {
                self.channel_binding = match value {
                    "disable" => Binding::Disable,
                    "prefer" => Binding::Prefer,
                    "require" => Binding::Require,
                    _ => {
                        return Err(misuse(
                            "channel_binding is disable, prefer or require".into(),
                        ));
                    }
                }
            }
            "connect_timeout" => {
                let seconds: f64 = value.parse().unwrap_or(f64::NAN);
                if !(seconds > 0.0 && seconds <= 3.2e9) {
                    return Err(misuse(
                        "connect_timeout is a number of seconds above zero".into(),
                    ));
                }
                self.connect_timeout = of_seconds(seconds);
            }
            "client_encoding" if ["utf8", "utf-8"].contains(&value.to_lowercase().as_str()) => {}
            "client_encoding" => {
                return Err(misuse(
                    "client_encoding is UTF8: the server converts from its own".into(),
                ));
            }
            _ => {
                return Err(misuse(format!(
                    "there is no \"{key}\" in a PostgreSQL address; known are {KNOWN}"
                )));
            }
        }
        Ok(())
    }

    /// What must be true before it is used.
    ///
    /// # Errors
    /// `Misuse`.
    pub fn check(&self) -> Result<(), Error> {
        if self.user.is_empty() {
            return Err(misuse(
                "no user is named: give user=… (the system's user is not guessed)".into(),
            ));
        }
        let hosts: Vec<&str> = self.host.split(',').map(str::trim).collect();
        if hosts.iter().any(|host| host.is_empty()) {
            return Err(misuse("the list of hosts has an empty place".into()));
        }
        if self.ports.len() != 1 && self.ports.len() != hosts.len() {
            return Err(misuse(format!(
                "{} hosts and {} ports were given: give one port for all, or one for each",
                hosts.len(),
                self.ports.len()
            )));
        }
        if self.sslcert.is_some() != self.sslkey.is_some() {
            return Err(misuse(
                "sslcert and sslkey belong together: give both or none".into(),
            ));
        }
        let any_plain = self.each().iter().any(|one| !one.uses_tls());
        if self.channel_binding == Binding::Require && any_plain {
            return Err(misuse(
                "channel_binding=require needs TLS: sslmode must not be disable, nor the host a Unix socket"
                    .into(),
            ));
        }
        Ok(())
    }

    /// The same for each of the hosts.
    pub fn each(&self) -> Vec<Config> {
        let hosts = self.host.split(',').map(str::trim).enumerate();
        hosts
            .map(|(at, host)| {
                let port = self.ports.get(at).or(self.ports.first()).copied();
                let one = Config {
                    host: host.to_owned(),
                    ports: port.into_iter().collect(),
                    ..self.clone()
                };
                one.with_password()
            })
            .collect()
    }

    /// Where no password was given: looks where libpq does, into `PGPASSWORD` and the password file.
    pub fn look_for_password(&mut self, variable: impl Fn(&str) -> Option<String>) {
        if self.password.is_some() || !self.passwords.is_empty() {
            return;
        }
        match variable("PGPASSWORD").filter(|password| !password.is_empty()) {
            Some(password) => self.password = Some(password.into_bytes()),
            None => self.passwords = Passwords::usual(variable),
        }
    }

    /// The file's password for this host, if none was given. What logins keep is its own then.
    fn with_password(mut self) -> Config {
        if self.password.is_none() {
            let found = self
                .passwords
                .find(&self.host, self.port(), self.database(), &self.user);
            if found.is_some() {
                (self.password, self.keys) = (found, KeyCache::default());
            }
        }
        self
    }

    fn port(&self) -> u16 {
        self.ports.first().copied().unwrap_or(5432)
    }

    /// Is it a Unix socket?
    pub fn is_unix(&self) -> bool {
        self.host.starts_with('/')
    }

    /// May there be TLS? Never on a Unix socket, as in libpq.
    pub fn uses_tls(&self) -> bool {
        self.sslmode != SslMode::Disable && !self.is_unix()
    }

    /// Where to connect to.
    ///
    /// # Errors
    /// `Misuse` for a path that is too long.
    pub fn address(&self) -> Result<Address, Error> {
        if self.is_unix() {
            let path = format!(
                "{}/.s.PGSQL.{}",
                self.host.trim_end_matches('/'),
                self.port()
            );
            return Address::parse(&format!("unix://{path}"));
        }
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let text = format!(
            "{}@{}:{}/{}",
            self.user,
            self.host,
            self.port(),
            self.database()
        );
        Ok(Address::new(&text, host, self.port(), false))
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        if self.database.is_empty() {
            &self.user
        } else {
            &self.database
        }
    }

    fn read_url(&mut self, rest: &str) -> Result<(), Error> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (login, place),
            None => ("", authority),
        };
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let places = place.split(',').map(|place| match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (place, None),
        });
        let (hosts, ports): (Vec<&str>, Vec<Option<&str>>) = places.unzip();
        let host = hosts.join(",");
        let port = ports.iter().any(Option::is_some).then(|| {
            let ports = ports.iter().map(|port| port.unwrap_or("5432"));
            ports.collect::<Vec<&str>>().join(",")
        });
        let (host, port) = (host.as_str(), port.as_deref());
        for (key, value) in [
            ("user", Some(user)),
            ("password", password),
            ("host", Some(host)),
            ("port", port),
            ("dbname", Some(database)),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                self.set(key, &decoded(value)?)?;
            }
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.set(&decoded(key)?, &decoded(value)?)?;
        }
        Ok(())
    }

    /// `key=value key='va\'lue'`.
    fn read_pairs(&mut self, text: &str) -> Result<(), Error> {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (key, after) = rest.split_once('=').ok_or_else(|| {
                misuse("a PostgreSQL address is key=value pairs or postgresql://…".into())
            })?;
            let mut value = String::new();
            let after = after.trim_start();
            let quoted = after.starts_with('\'');
            let mut chars = after.char_indices().skip(usize::from(quoted));
            let mut end = after.len();
            let mut closed = !quoted;
            while let Some((at, char)) = chars.next() {
                match char {
                    '\\' => value.extend(chars.next().map(|(_, char)| char)),
                    '\'' if quoted => {
                        (end, closed) = (at + 1, true);
                        break;
                    }
                    char if char.is_whitespace() && !quoted => {
                        end = at;
                        break;
                    }
                    char => value.push(char),
                }
            }
            if !closed {
                return Err(misuse("a quote in the address is not closed".into()));
            }
            self.set(key.trim(), &value)?;
            rest = after[end..].trim_start();
        }
        Ok(())
    }
}

fn ssl_mode(value: &str) -> Result<SslMode, Error> {
    Ok(match value {
        "disable" => SslMode::Disable,
        "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        "allow" => {
            return Err(misuse(
                "sslmode=allow is not offered: it talks in the clear first; write disable or verify-full".into(),
            ));
        }
        _ => {
            return Err(misuse(
                "sslmode is disable, prefer, require, verify-ca or verify-full".into(),
            ));
        }
    })
}

fn target(value: &str) -> Result<Target, Error> {
    Ok(match value {
        "any" => Target::Any,
        "read-write" => Target::ReadWrite,
        "read-only" => Target::ReadOnly,
        "primary" => Target::Primary,
        "standby" => Target::Standby,
        "prefer-standby" => Target::PreferStandby,
        _ => {
            return Err(misuse(
                "target_session_attrs is any, read-write, read-only, primary, standby or prefer-standby".into(),
            ));
        }
    })
}

fn decoded(text: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|digit| {
            digit
                .and_then(|digit| char::from(digit).to_digit(16))
                .map(|digit| digit as u8)
        });
        match digits {
            [Some(high), Some(low)] => bytes.push(high << 4 | low),
            _ => return Err(misuse("a % in the address is not followed by two hexadecimal digits; write %25 for the sign itself".into())),
        }
    }
    String::from_utf8(bytes).map_err(|_| misuse("the address is not UTF-8".into()))
}

#[cold]
fn misuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "connect", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> (String, u16, String, Option<String>, String) {
        let config = Config::parse(text).expect(text);
        let password = config
            .password
            .map(|bytes| String::from_utf8(bytes).unwrap());
        (
            config.host,
            config.ports[0],
            config.user,
            password,
            config.database,
        )
    }

    #[test]
    fn all_forms_say_the_same() {
        let expected = (
            "db.example".to_owned(),
            6432,
            "me".to_owned(),
            Some("p@ss w/'x'".to_owned()),
            "shop".to_owned(),
        );
        for text in [
            "postgresql://me:p%40ss%20w%2F%27x%27@db.example:6432/shop?sslmode=require",
            "postgres://db.example/shop?user=me&password=p%40ss%20w/'x'&port=6432",
            "host=db.example port = 6432 user=me password='p@ss w/\\'x\\'' dbname=shop",
            "pgsql:host=db.example;port=6432;dbname=shop;user=me;password='p@ss w/\\'x\\''",
        ] {
            assert_eq!(summary(text), expected, "{text}");
        }
    }

    #[test]
    fn tls_is_verified_unless_said_otherwise() {
        let mode = |text: &str| Config::parse(text).unwrap().sslmode;
        assert_eq!(mode("host=x user=y"), SslMode::VerifyFull);
        assert_eq!(mode("postgres://y@x?sslmode=prefer"), SslMode::Prefer);
        assert!(!Config::parse("host=/run/pg user=y").unwrap().uses_tls());
        assert!(Config::parse("sslmode=allow").is_err());
    }

    #[test]
    fn sockets_and_ipv6() {
        let config = Config::parse("host=/run/pg port=6000 user=y").unwrap();
        assert_eq!(
            config.address().unwrap().to_string(),
            "unix:///run/pg/.s.PGSQL.6000"
        );
        let config = Config::parse("postgres://y@[::1]:77/d").unwrap();
        assert_eq!((config.host.as_str(), config.port()), ("[::1]", 77));
        assert_eq!(config.address().unwrap().to_string(), "y@[::1]:77/d");
    }

    #[test]
    fn what_is_wrong_is_named_and_passwords_are_not() {
        for text in [
            "host",
            "port=1,x",
            "target_session_attrs=master",
            "load_balance_hosts=yes",
            "port=0",
            "port=x",
            "nonsense=1",
            "password='secret",
            "postgres://u:secret%zz@h",
            "connect_timeout=0",
            "client_encoding=LATIN1",
        ] {
            let error = Config::parse(text).expect_err(text);
            assert_eq!(error.kind(), Kind::Misuse);
            assert!(!error.to_string().contains("secret"));
        }
        for text in ["host=x", "host=a,,b user=u", "host=a,b,c port=1,2 user=u"] {
            let checked = Config::parse(text).unwrap().check();
            assert!(checked.is_err(), "{text}");
        }
    }

    #[test]
    fn lists_of_hosts() {
        for text in [
            "host=a,b,[::1] port=1,5432,3 user=u target_session_attrs=primary",
            "postgres://u@a:1,b,[::1]:3/?target_session_attrs=primary",
            "pgsql:host=a,b,[::1];port=1, 5432,3;user=u;target_session_attrs=primary",
        ] {
            let text = text.replace(", ", ",");
            let config = Config::parse(&text).expect(&text);
            config.check().expect(&text);
            let each = config.each();
            let places: Vec<_> = each.iter().map(|one| (&*one.host, one.port())).collect();
            assert_eq!(places, [("a", 1), ("b", 5432), ("[::1]", 3)], "{text}");
            assert!(each.iter().all(|one| one.target == Target::Primary));
        }
        let config = Config::parse("host=a,b port=7 user=u").unwrap();
        assert!(config.each().iter().all(|one| one.port() == 7));
    }
}
