//! A worker and the reactor that its letters go to.
#![allow(dead_code)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tusk_odbc::charset::Charset;
use tusk_odbc::dsn::Dsn;
use tusk_odbc::failure::Failure;
use tusk_odbc::flow::{Flow, Interest, Room};
use tusk_odbc::session::{Job, Run};
use tusk_odbc::sys::library::Library;
use tusk_odbc::value::{Cell, Parameter};
use tusk_odbc::worker::{Crew, Settings, Worker};
use tusk_runtime::driver::Choice;
use tusk_runtime::reactor::Reactor;

/// Beyond every delay of a loaded machine.
const LONG: Duration = Duration::from_secs(30);

/// A cell and its bytes.
pub type Row = Vec<(Cell, Vec<u8>)>;

pub struct Rig {
    pub reactor: Reactor,
    pub crew: Arc<Crew>,
    pub worker: Worker,
    pub blocks: bool,
}

/// The driver of examples/, which Cargo builds beside the tests.
pub fn bad_driver() -> Option<PathBuf> {
    if let Err(error) = Library::load(None) {
        eprintln!("SKIP: {error}");
        return None;
    }
    let test = std::env::current_exe().expect("a path");
    let folder = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/<profile>");
    let driver = folder.join("examples/libodbc_bad_driver.so");
    assert!(
        driver.exists(),
        "build it: cargo build -p tusk-odbc --examples"
    );
    Some(driver)
}

pub fn eventually(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl Rig {
    pub fn bad(options: &str) -> Option<Rig> {
        let text = format!("Driver={};{options}", bad_driver()?.display());
        Some(Rig::try_open(&text).expect("it connects"))
    }

    pub fn try_open(dsn: &str) -> Result<Rig, Failure> {
        let settings = Settings {
            dsn: Dsn::new(dsn, None, None).expect("a connection string"),
            charset: Charset::Wide,
            login_timeout: 0,
            on_connect: Vec::new(),
            statements: 8,
        };
        Rig::open(settings)
    }

    pub fn open(settings: Settings) -> Result<Rig, Failure> {
        let reactor = Reactor::new(Choice::Epoll, 16, 1, 1).expect("a reactor");
        let crew = Crew::new(Library::load(None)?, settings);
        let (worker, flow) = Worker::start(&crew, reactor.sender())?;
        let mut rig = Rig {
            reactor,
            crew,
            worker,
            blocks: false,
        };
        rig.wait(&flow, Interest::End);
        flow.end().expect("it ended")?;
        Ok(rig)
    }

    /// Turns until it is there.
    pub fn wait(&mut self, flow: &Arc<Flow>, interest: Interest) {
        let letter = self.reactor.open_letter(None);
        if !flow.wait(interest, letter) {
            self.reactor.withdraw_letter(letter);
            return;
        }
        let deadline = Instant::now() + LONG;
        while !self.reactor.is_complete(letter) {
            assert!(Instant::now() < deadline, "waited in vain for {interest:?}");
            self.reactor.turn(None, true);
        }
        self.reactor.take_result(letter);
    }

    pub fn put(&mut self, sql: &str, flow: &Arc<Flow>) -> u64 {
        let job = Job::Run(Run {
            sql: sql.to_owned(),
            parameters: Vec::new(),
            blocks: self.blocks,
            all_results: true,
        });
        self.worker.put(job, flow).expect("room")
    }

    pub fn finish(&mut self, job: Job) -> Result<(), Failure> {
        let flow = Flow::new(Room::Stream);
        self.worker.put(job, &flow).expect("room");
        self.wait(&flow, Interest::End);
        flow.end().expect("it ended")
    }

    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        self.query(sql, Vec::new()).map(|(rows, _)| rows)
    }

    /// All rows, and how many were changed.
    pub fn query(
        &mut self,
        sql: &str,
        parameters: Vec<Parameter>,
    ) -> Result<(Vec<Row>, i64), Failure> {
        let flow = Flow::new(Room::Whole(1 << 30));
        let job = Job::Run(Run {
            sql: sql.to_owned(),
            parameters,
            blocks: self.blocks,
            all_results: true,
        });
        self.worker.put(job, &flow).expect("room");
        self.wait(&flow, Interest::End);
        flow.end().expect("it ended")?;
        let changed = flow.head().expect("a head").changed;
        let mut rows = Vec::new();
        while let Some(batch) = flow.take() {
            for row in 0..batch.rows() {
                let cells = batch.row(row).iter().map(|&cell| match cell {
                    Cell::Bytes(from, length) => (cell, batch.bytes(from, length).to_vec()),
                    _ => (cell, Vec::new()),
                });
                rows.push(cells.collect());
            }
        }
        Ok((rows, changed))
    }

    pub fn number(&mut self, sql: &str) -> i64 {
        match self.rows(sql).expect("a result")[0][0].0 {
            Cell::Int(number) => number,
            other => panic!("{other:?}"),
        }
    }
}
