//! A server's bytes before it has let us in, cut in two anywhere: every kind of login, openGauss' among
//! them, and the question what the server is. No panic, and the same verdict as uncut.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use tusk_postgres::config::{Config, Target};
use tusk_postgres::session::{Options, Session};

fn verdict(target: Target, parts: &[&[u8]]) -> Result<(bool, bool), ()> {
    let config = Config::parse("host=x user=y password=z sslmode=disable").map_err(drop)?;
    let mut session = Session::new(Rc::new(config), target, Options::default());
    session.begin(true, Some(vec![7; 32])).map_err(drop)?;
    let mut room = vec![0; 1 << 12];
    for part in parts {
        session.hand_over(&mut room);
        session.received(part).map_err(drop)?;
    }
    Ok((session.is_ready(), session.unsent() > 0))
}

fuzz_target!(|input: (bool, u16, Vec<u8>)| {
    let (any, cut, bytes) = &input;
    let target = if *any { Target::Any } else { Target::ReadWrite };
    let (head, tail) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let (whole, parts) = (verdict(target, &[bytes]), verdict(target, &[head, tail]));
    assert_eq!(whole.is_err(), parts.is_err());
});
