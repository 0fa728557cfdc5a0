//! A server's bytes, cut in two anywhere, against a session with queries under way: no panic, and
//! the same verdict as uncut.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use tusk_postgres::config::{Config, Target};
use tusk_postgres::job::{Fetch, Job, Work};
use tusk_postgres::session::{Options, Session};

fn verdict(parts: &[&[u8]]) -> Result<u64, ()> {
    let config = Config::parse("host=x user=y password=z sslmode=disable").map_err(drop)?;
    let mut session = Session::new(Rc::new(config), Target::Any, Options::default());
    session.begin(false, None).map_err(drop)?;
    session
        .received(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
        .map_err(drop)?;
    session.submit(Job::new(Work::query("SELECT 1", Vec::new(), Fetch::All)));
    session.submit(Job::new(Work::Command("COPY t TO STDOUT".into())));
    session.submit(Job::new(Work::query("SELECT 2", Vec::new(), Fetch::Some(1))));
    let mut room = vec![0; 1 << 16];
    session.hand_over(&mut room);
    for part in parts {
        session.received(part).map_err(drop)?;
        session.hand_over(&mut room);
    }
    Ok(session.news.finished)
}

fuzz_target!(|input: (u16, Vec<u8>)| {
    let (cut, bytes) = &input;
    let (head, tail) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let (whole, parts) = (verdict(&[bytes]), verdict(&[head, tail]));
    assert_eq!(whole.is_err(), parts.is_err());
});
