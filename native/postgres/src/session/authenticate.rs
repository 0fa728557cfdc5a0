//! Showing who we are, and seeing who the server is: trust, password, md5, SCRAM-SHA-256 with
//! and without channel binding, and openGauss' logins.

use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tusk_runtime::error::{Error, Kind};

use super::{Phase, Session};
use crate::config::{Binding, SslMode};
use crate::failure::{LOG_IN, malformed};
use crate::login::gauss::Request;
use crate::login::scram::{self, Scram};

/// How far it is.
#[derive(Default)]
pub(super) struct Authentication {
    /// The data that binds SCRAM to the TLS channel; `None` without TLS.
    end_point: Option<Vec<u8>>,
    encrypted: bool,
    scram: Option<Scram>,
    bound: bool,
    /// The server proved that it knows the password, or need not.
    proven: bool,
    accepted: bool,
}

impl Session {
    /// The connection is open, and encrypted if it will be: introduces us.
    ///
    /// # Errors
    /// `Misuse` for names that cannot be sent.
    pub fn begin(&mut self, encrypted: bool, end_point: Option<Vec<u8>>) -> Result<(), Error> {
        let config = &self.config;
        let mut parameters = vec![
            ("user", config.user.as_str()),
            ("database", config.database()),
            ("client_encoding", "UTF8"),
        ];
        if !config.application_name.is_empty() {
            parameters.push(("application_name", &config.application_name));
        }
        if let Some(options) = &config.options {
            parameters.push(("options", options));
        }
        frontend::startup_message(parameters, &mut self.out)
            .map_err(|error| super::misuse(error.to_string()))?;
        self.phase = Phase::Authenticating(Authentication {
            end_point,
            encrypted,
            proven: true,
            ..Authentication::default()
        });
        Ok(())
    }

    /// A message about it.
    pub(super) fn authenticate(&mut self, message: &Message) -> Result<(), Error> {
        let Phase::Authenticating(state) = &mut self.phase else {
            return Err(malformed("a question for the password, in the middle"));
        };
        let config = &self.config;
        let password = config.password.as_deref().ok_or_else(|| {
            refused("the server asks for a password, and none was given").hint("add password=…")
        });
        match message {
            Message::AuthenticationOk => {
                if !state.proven {
                    return Err(refused(
                        "the server let us in without proving that it knows the password: it may be another one",
                    ));
                }
                if config.channel_binding == Binding::Require && !state.bound {
                    return Err(refused(
                        "channel_binding=require, and the server did not ask for SCRAM-SHA-256-PLUS",
                    ));
                }
                state.accepted = true;
            }
            Message::AuthenticationCleartextPassword => {
                let in_the_clear = config.is_unix() || config.sslmode == SslMode::Disable;
                if !state.encrypted && !in_the_clear {
                    return Err(refused(
                        "the server wants the password in the clear over a connection that is not encrypted",
                    )
                    .hint("use TLS, or write sslmode=disable if the network is trusted"));
                }
                self.answer(|out, password| frontend::password_message(password, out))?;
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(config.user.as_bytes(), password?, body.salt());
                frontend::password_message(hash.as_bytes(), &mut self.out).map_err(unwritable)?;
            }
            Message::AuthenticationSasl(body) => {
                let (mut plain, mut plus) = (false, false);
                let mut mechanisms = body.mechanisms();
                while let Some(name) = mechanisms
                    .next()
                    .map_err(|error| malformed(error.to_string()))?
                {
                    plain |= name == scram::PLAIN;
                    plus |= name == scram::PLUS;
                }
                let wanted = config.channel_binding != Binding::Disable;
                let end_point = state.end_point.clone().filter(|_| wanted);
                let (mechanism, binding) = match end_point {
                    Some(data) if plus => {
                        state.bound = true;
                        (scram::PLUS, scram::Binding::EndPoint(data))
                    }
                    // We could: a server that could, too, sees that somebody hid it.
                    Some(_) if plain => (scram::PLAIN, scram::Binding::Unrequested),
                    None if plain => (scram::PLAIN, scram::Binding::Unsupported),
                    _ => {
                        return Err(refused(
                            "the server offers no mechanism that is known here; known are SCRAM-SHA-256 and SCRAM-SHA-256-PLUS",
                        ));
                    }
                };
                if config.channel_binding == Binding::Require && !state.bound {
                    return Err(refused(
                        "channel_binding=require, and server or certificate do not have it",
                    ));
                }
                password?;
                let scram = Scram::new(binding)
                    .ok_or_else(|| refused("the system has no random numbers"))?;
                frontend::sasl_initial_response(mechanism, scram.message(), &mut self.out)
                    .map_err(unwritable)?;
                (state.scram, state.proven) = (Some(scram), false);
            }
            Message::AuthenticationSaslContinue(body) => {
                let scram = state.scram.as_mut().filter(|_| !state.accepted);
                let scram =
                    scram.ok_or_else(|| malformed("a step of SCRAM before its beginning"))?;
                scram
                    .first(body.data(), password?, &config.keys)
                    .map_err(|what| refused(format!("SCRAM failed: the server sent {what}")))?;
                frontend::sasl_response(scram.message(), &mut self.out).map_err(unwritable)?;
            }
            Message::AuthenticationSaslFinal(body) => {
                let scram = state
                    .scram
                    .take()
                    .ok_or_else(|| malformed("the end of SCRAM before its beginning"))?;
                scram.last(body.data()).map_err(|_| {
                    refused("the server could not prove that it knows the password: it may be another one")
                })?;
                state.proven = true;
            }
            _ => {
                return Err(refused(
                    "the server wants Kerberos, GSSAPI, SSPI or a method of its own",
                )
                .hint("let pg_hba.conf ask for scram-sha-256"));
            }
        }
        Ok(())
    }

    /// Is SASL under way? Then its messages are SASL's.
    pub(super) fn is_in_sasl(&self) -> bool {
        matches!(&self.phase, Phase::Authenticating(state) if state.scram.is_some())
    }

    /// A message of openGauss' own about it.
    pub(super) fn authenticate_gauss(&mut self, request: &Request) -> Result<(), Error> {
        let Phase::Authenticating(state) = &self.phase else {
            return Err(malformed("a question for the password, in the middle"));
        };
        if state.accepted {
            return Err(malformed(
                "a question for the password after it was accepted",
            ));
        }
        if self.config.channel_binding == Binding::Require {
            return Err(refused(
                "channel_binding=require, and the logins of openGauss do not have it",
            ));
        }
        let keys = self.config.keys.clone();
        self.answer(|out, password| {
            let answer = request
                .answer(password, &keys)
                .map_err(std::io::Error::other)?;
            frontend::password_message(answer.as_bytes(), out)
        })
    }

    /// Were we let in?
    pub(super) fn is_accepted(&self) -> bool {
        match &self.phase {
            Phase::Authenticating(state) => state.accepted,
            Phase::Asking(_) | Phase::Ready => true,
            Phase::Fresh => false,
        }
    }

    fn answer(
        &mut self,
        write: impl FnOnce(&mut bytes::BytesMut, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let password = self.config.password.as_deref().ok_or_else(|| {
            refused("the server asks for a password, and none was given").hint("add password=…")
        })?;
        write(&mut self.out, password).map_err(unwritable)
    }
}

#[cold]
fn refused(detail: impl Into<String>) -> Error {
    Error::new(Kind::Connection, LOG_IN, detail.into())
}

#[cold]
fn unwritable(error: std::io::Error) -> Error {
    refused(error.to_string())
}
