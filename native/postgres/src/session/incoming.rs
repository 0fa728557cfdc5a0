//! Messages become answers.

use std::rc::Rc;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use tusk_runtime::error::{Error, Kind};

use super::{Cancelling, Flight, Notification, Session, Step};
use crate::failure::{Failure, ServerError, malformed};
use crate::job::{Column, Rows};
use crate::limits;
use crate::login::gauss::Request;
use crate::types::Decoder;

/// A message's tag and length.
const HEADER: usize = 5;

impl Session {
    /// Bytes came from the server.
    ///
    /// # Errors
    /// The connection is of no use any more: `Protocol` for what cannot be understood,
    /// `Connection` or `Overloaded` for what the server says when it ends it.
    pub fn received(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.inbox.is_empty() {
            let used = self.messages(bytes)?;
            self.inbox.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut inbox = std::mem::take(&mut self.inbox);
        inbox.extend_from_slice(bytes);
        let used = self.messages(&inbox)?;
        inbox.drain(..used);
        self.inbox = inbox;
        Ok(())
    }

    /// Understands whole messages from the front; how many bytes they were.
    fn messages(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let mut rest = bytes;
        while let Some((header, _)) = rest.split_first_chunk::<HEADER>() {
            let [tag, length @ ..] = *header;
            let length = u32::from_be_bytes(length) as usize;
            let most = if self.is_ready() {
                limits::MESSAGE_BYTES
            } else {
                limits::GREETING_BYTES
            };
            if !(4..=most).contains(&length) {
                return Err(malformed(format!(
                    "a message of {length} bytes that begins with {}",
                    tusk_link::shown::shown(&rest[..rest.len().min(16)])
                )));
            }
            let Some(whole) = rest.get(..1 + length) else {
                break;
            };
            self.message(tag, whole)?;
            rest = &rest[whole.len()..];
        }
        Ok(bytes.len() - rest.len())
    }

    fn message(&mut self, tag: u8, whole: &[u8]) -> Result<(), Error> {
        if self.is_asking() && self.told(tag, &whole[HEADER..])? {
            return Ok(());
        }
        // The four that make up nearly everything need no copy.
        match tag {
            b'D' => return self.row(&whole[HEADER..]),
            b'd' => return self.copy_out(&whole[HEADER..]),
            b'1' | b'2' | b'3' => return Ok(()),
            b'Z' => return self.ready(whole[HEADER..].first().copied()),
            _ => {}
        }
        if tag == b'R' && !self.is_in_sasl() {
            if let Some(request) = Request::read(&whole[HEADER..]) {
                return self.authenticate_gauss(&request);
            }
        }
        let mut buffer = BytesMut::from(whole);
        let message = Message::parse(&mut buffer)
            .map_err(|error| malformed(format!("a message that is broken: {error}")))?
            .ok_or_else(|| malformed("half a message"))?;
        match message {
            Message::CommandComplete(body) => {
                let tag = body.tag().map_err(|error| malformed(error.to_string()))?;
                self.complete(tag)
            }
            Message::EmptyQueryResponse => self.complete(""),
            Message::ErrorResponse(body) => self.error(ServerError::read(&body)?),
            Message::RowDescription(body) => self.columns(&body),
            Message::NoData => {
                self.first("a description")?.columns = Some(Rc::default());
                Ok(())
            }
            Message::ParameterDescription(body) => {
                let parameters = body.parameters().collect::<Vec<u32>>();
                let parameters = parameters.map_err(|error| malformed(error.to_string()))?;
                self.first("parameters")?.parameters = parameters;
                Ok(())
            }
            Message::PortalSuspended => self.suspended(),
            Message::CopyInResponse(_) | Message::CopyOutResponse(_) => self.copying(),
            Message::CopyDone => Ok(()),
            Message::NoticeResponse(_) => {
                self.news.notices += 1;
                Ok(())
            }
            Message::NotificationResponse(body) => {
                let text = |text: std::io::Result<&str>| {
                    text.map(str::to_owned)
                        .map_err(|error| malformed(error.to_string()))
                };
                self.news.notifications.push(Notification {
                    channel: text(body.channel())?,
                    payload: text(body.message())?,
                    process: body.process_id(),
                });
                Ok(())
            }
            Message::ParameterStatus(body) => {
                let room = self.parameters.len() < limits::STATEMENTS;
                if let (true, Ok(name), Ok(value)) = (room, body.name(), body.value()) {
                    self.parameters.insert(name.to_owned(), value.to_owned());
                }
                Ok(())
            }
            Message::BackendKeyData(body) => {
                self.key = Some((body.process_id(), body.secret_key()));
                Ok(())
            }
            other => self.authenticate(&other),
        }
    }

    /// The flight that is being answered.
    fn first(&mut self, what: &str) -> Result<&mut Flight, Error> {
        let taken = self.taken;
        self.flights
            .front_mut()
            .filter(|flight| flight.begin < taken)
            .ok_or_else(|| malformed(format!("{what} that nobody asked for")))
    }

    fn row(&mut self, body: &[u8]) -> Result<(), Error> {
        let most = self.options.result_bytes;
        let flight = self.first("a row")?;
        let columns = flight.columns.as_deref().unwrap_or_default().len();
        flight.rows_seen += 1;
        let ticket = match &flight.step {
            Step::Run(ticket) if flight.columns.is_some() => Rc::clone(ticket),
            // A command's rows are nobody's.
            Step::Command(_) | Step::Reset => return Ok(()),
            _ => return Err(malformed("a row before its description")),
        };
        check_row(body, columns)?;
        let too_much = ticket.with(|job| {
            if !job.wanted || job.failure.is_some() {
                return false;
            }
            if job.reply.rows.size() + body.len() <= most {
                job.reply.rows.push(body);
                return false;
            }
            job.reply.rows = Rows::default();
            let error = Error::new(
                Kind::Overloaded,
                "hold the result",
                format!("it is larger than {most} bytes"),
            )
            .hint("read it with stream(), add a LIMIT, or raise max_result_bytes");
            job.failure = Some(Failure::Native(error));
            true
        });
        self.news.too_much |= too_much;
        Ok(())
    }

    fn columns(&mut self, body: &RowDescriptionBody) -> Result<(), Error> {
        let flight = self.first("a description")?;
        // Only of what runs is it known in which form its values come.
        let runs = matches!(flight.step, Step::Run(_));
        let columns: Rc<[Column]> = read_columns(body, runs)?.into();
        if let Step::Run(ticket) = &flight.step {
            ticket.with(|job| job.reply.columns = Some(Rc::clone(&columns)));
        }
        flight.columns = Some(columns);
        Ok(())
    }

    fn complete(&mut self, tag: &str) -> Result<(), Error> {
        let flight = self.first("the end of a command")?;
        let sync = !std::mem::replace(&mut flight.synced, true);
        if let Step::Run(ticket) | Step::Command(ticket) = &flight.step {
            ticket.with(|job| tag.clone_into(&mut job.reply.tag));
        }
        if sync {
            frontend::sync(&mut self.out);
        }
        Ok(())
    }

    fn suspended(&mut self) -> Result<(), Error> {
        let flight = self.first("a pause")?;
        let Step::Run(ticket) = &flight.step else {
            return Err(malformed("a pause that nobody asked for"));
        };
        if flight.synced {
            // With a portal of its own: the end of the answer tells.
            ticket.with(|job| job.reply.suspended = job.reply.portal.is_some());
            return Ok(());
        }
        let (wanted, waiter) = ticket.with(|job| {
            job.reply.suspended = true;
            (job.wanted, job.waiter.take())
        });
        self.news.woken.extend(waiter);
        if !wanted {
            self.close_portal();
        }
        Ok(())
    }

    fn copying(&mut self) -> Result<(), Error> {
        let flight = self.first("COPY")?;
        let Step::Command(ticket) = &flight.step else {
            return Err(malformed(
                "COPY where a query was sent; use copyIn() and copyOut()",
            ));
        };
        let (wanted, waiter) = ticket.with(|job| {
            job.reply.copying = true;
            (job.wanted, job.waiter.take())
        });
        self.news.woken.extend(waiter);
        if !wanted {
            self.copy_end(Some("the caller has gone"));
        }
        Ok(())
    }

    fn copy_out(&mut self, data: &[u8]) -> Result<(), Error> {
        let flight = self.first("COPY data")?;
        let Step::Command(ticket) = &flight.step else {
            return Err(malformed("COPY data where a query was sent"));
        };
        let waiter = ticket.with(|job| {
            if !job.wanted {
                return None;
            }
            job.reply.chunk_bytes += data.len();
            job.reply.chunks.push_back(data.to_vec());
            job.waiter.take()
        });
        self.news.woken.extend(waiter);
        Ok(())
    }

    fn error(&mut self, error: ServerError) -> Result<(), Error> {
        let taken = self.taken;
        let flight = self.flights.front_mut();
        let flight = flight.filter(|flight| flight.begin < taken && !error.is_fatal());
        let Some(flight) = flight else {
            return Err(error.into_error());
        };
        flight.error = Some(error);
        if !std::mem::replace(&mut flight.synced, true) {
            frontend::sync(&mut self.out);
        }
        Ok(())
    }

    fn ready(&mut self, status: Option<u8>) -> Result<(), Error> {
        let Some(status @ (b'I' | b'T' | b'E')) = status else {
            return Err(malformed("a state of the transaction that does not exist"));
        };
        self.status = status;
        if !self.is_ready() {
            if !self.is_accepted() {
                return Err(malformed("a server that is ready before it let us in"));
            }
            return self.let_in();
        }
        self.first("the end of an answer")?;
        let Some(flight) = self.flights.pop_front() else {
            return Ok(());
        };
        let cancelled = flight
            .error
            .as_ref()
            .is_some_and(|error| error.code == "57014");
        let cancelling = self.cancelling;
        if cancelling != Cancelling::No {
            self.cancelling = Cancelling::Astray;
        }
        self.ended(flight, cancelled.then_some(cancelling));
        self.at_risk = self.at_risk.map(|flights| flights.saturating_sub(1));
        // After it: what was only prepared until now may have taken off, and can be hit as well.
        if self.flights.is_empty() || self.at_risk == Some(0) {
            self.cancelling = Cancelling::No;
            self.at_risk = None;
        }
        Ok(())
    }
}

fn read_columns(body: &RowDescriptionBody, runs: bool) -> Result<Vec<Column>, Error> {
    let mut columns = Vec::new();
    let mut fields = body.fields();
    while let Some(field) = fields
        .next()
        .map_err(|error| malformed(format!("columns: {error}")))?
    {
        if columns.len() == limits::COLUMNS {
            return Err(malformed("more columns than PostgreSQL has"));
        }
        let decoder = Decoder::of(field.type_oid());
        columns.push(Column {
            name: field.name().as_bytes().to_vec(),
            oid: field.type_oid(),
            decoder: if runs && field.format() == 0 {
                Decoder::TEXT
            } else {
                decoder
            },
        });
    }
    Ok(columns)
}

/// As many fields as columns, and no byte more or less.
fn check_row(body: &[u8], columns: usize) -> Result<(), Error> {
    let broken = || malformed("a row that does not fit its columns");
    let (count, mut rest) = body.split_first_chunk::<2>().ok_or_else(broken)?;
    if usize::from(u16::from_be_bytes(*count)) != columns {
        return Err(broken());
    }
    for _ in 0..columns {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(broken)?;
        rest = after;
        match i32::from_be_bytes(*length) {
            -1 => {}
            length => {
                let length = usize::try_from(length).map_err(|_| broken())?;
                rest = rest.get(length..).ok_or_else(broken)?;
            }
        }
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(broken())
    }
}
