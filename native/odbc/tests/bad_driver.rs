//! Workers against a driver that misbehaves (examples/odbc_bad_driver), through the driver
//! manager, as users would load it. Without unixODBC they say so and end.

mod support;

use support::{Rig, bad_driver};
use tusk_odbc::flow::{Flow, Interest, Room};
use tusk_odbc::session::Job;
use tusk_odbc::value::Cell;
use tusk_runtime::error::Kind;

#[test]
fn rows_come_in_blocks_and_in_order() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    let rows = rig.rows("rows 2500").expect("a result");
    let numbers: Vec<Cell> = rows.into_iter().flatten().map(|(cell, _)| cell).collect();
    let expected: Vec<Cell> = (0..2500).map(Cell::Int).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_value_longer_than_it_said_is_fetched_again_or_refused() {
    for (abilities, longest) in [
        ("GetData=12", 300_000),
        ("GetData=8", 300_000),
        ("GetData=0", 300_000),
    ] {
        let Some(mut rig) = Rig::bad(abilities) else {
            return;
        };
        for length in [1, 10, 21, 300, longest] {
            let rows = rig.rows(&format!("longer {length}")).expect("a result");
            let text = &rows[0][0].1;
            assert_eq!(text.len(), 3 * length, "{abilities}: {length}");
            assert!(text.chunks(3).all(|letter| letter == "中".as_bytes()));
        }
    }
    let Some(mut rig) = Rig::bad("GetData=0") else {
        return;
    };
    rig.blocks = true;
    let failure = rig.rows("longer 300").expect_err("nobody can be asked");
    assert_eq!(failure.kind, Kind::Protocol);
    assert!(
        failure.to_string().contains("at most 10 characters"),
        "{failure}"
    );
}

#[test]
fn pieces_without_a_total_are_put_together_and_have_a_bound() {
    let Some(mut rig) = Rig::bad("") else { return };
    for length in [0, 1, 40_000, 100_000] {
        let rows = rig.rows(&format!("pieces {length}")).expect("a result");
        assert_eq!(rows[0][0].1.len(), 3 * length);
    }
    let failure = rig.rows("endless").expect_err("it has no end");
    assert_eq!(failure.kind, Kind::Overloaded);
}

#[test]
fn lies_are_errors_and_not_crashes() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    for lie in ["negative", "none", "half"] {
        let failure = rig.rows(lie).expect_err(lie);
        assert_eq!(failure.kind, Kind::Protocol, "{failure}");
    }
    // Rows beyond the block are not looked at.
    assert!(rig.rows("surplus").expect("a result").len() <= 1000);
    let failure = rig.rows("panic").expect_err("it fails");
    assert!(failure.to_string().contains("gave no reason"), "{failure}");
    let failure = rig.rows("spin").expect_err("it fails");
    assert!(failure.records.len() <= 16);
}

#[test]
fn the_drivers_words_reach_the_caller() {
    let Some(mut rig) = Rig::bad("") else { return };
    let failure = rig
        .rows("fail 42S02 1146 no such table")
        .expect_err("it fails");
    assert_eq!(
        (failure.kind, failure.state(), failure.native()),
        (Kind::Remote, "42S02", 1146)
    );
    assert!(failure.to_string().contains("no such table"), "{failure}");
    assert!(!failure.breaks_connection());
    let failure = rig.rows("lose").expect_err("it fails");
    assert!(failure.breaks_connection());
    let recovered = rig.finish(Job::Recover(None));
    assert_eq!(recovered.expect_err("it is dead").kind, Kind::Connection);
}

#[test]
fn a_connection_that_cannot_be_opened_says_why_without_the_password() {
    let Some(driver) = bad_driver() else { return };
    let text = format!("Driver={};Fail=28000;PWD=sesame", driver.display());
    let failure = Rig::try_open(&text).err().expect("it fails");
    assert_eq!((failure.kind, failure.native()), (Kind::Connection, 1045));
    assert!(!failure.to_string().contains("sesame"), "{failure}");
    let failure = Rig::try_open("Driver=/nowhere/lib.so").err().expect("none");
    assert_eq!(failure.kind, Kind::Unsupported, "{failure}");
}

#[test]
fn a_cancel_ends_the_statement_and_not_the_next() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    let flow = tusk_odbc::flow::Flow::new(Room::Stream);
    let job = rig.put("sleep 60000", &flow);
    rig.worker.cancel(job);
    rig.wait(&flow, Interest::End);
    let end = flow.end().expect("it ended");
    let failure = end.expect_err("it was cancelled");
    assert_eq!(failure.state(), "HY008", "{failure}");
    // A cancel that comes late means the job that has ended.
    rig.worker.cancel(job);
    assert_eq!(rig.rows("rows 1").expect("a result").len(), 1);
    rig.finish(Job::Recover(None)).expect("as good as new");
}

#[test]
fn a_closed_job_is_never_executed() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    let before = rig.number("executed");
    let sleeping = tusk_odbc::flow::Flow::new(Room::Stream);
    rig.put("sleep 50", &sleeping);
    let closed = tusk_odbc::flow::Flow::new(Room::Stream);
    closed.close();
    rig.put("rows 1", &closed);
    rig.wait(&closed, Interest::End);
    // Its own, the sleeping one, and not the closed one.
    assert_eq!(rig.number("executed"), before + 2);
}

#[test]
fn a_reader_that_stops_reading_stops_the_driver() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    let flow = tusk_odbc::flow::Flow::new(Room::Stream);
    rig.put("rows 100000000", &flow);
    rig.wait(&flow, Interest::Rows);
    let mut read = 0;
    while read < 100_000 {
        rig.wait(&flow, Interest::Rows);
        read += flow.take().expect("a batch").rows();
    }
    flow.close();
    rig.wait(&flow, Interest::End);
    assert!(flow.end().expect("it ended").is_ok());
    assert_eq!(rig.rows("rows 1").expect("a result").len(), 1);
}

#[test]
fn a_retired_thread_ends_when_its_driver_lets_it() {
    let Some(rig) = Rig::bad("") else { return };
    let flow = tusk_odbc::flow::Flow::new(Room::Stream);
    let mut rig = rig;
    rig.put("deaf 100", &flow);
    let crew = std::sync::Arc::clone(&rig.crew);
    assert_eq!(crew.threads(), 1);
    rig.worker.retire();
    assert!(rig.worker.put(Job::End(false), &flow).is_err());
    rig.wait(&flow, Interest::End);
    support::eventually(|| crew.threads() == 0);
}

#[test]
fn a_statement_that_comes_again_is_prepared_once_and_kept() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    let before = rig.number("prepared");
    for _ in 0..5 {
        assert_eq!(rig.rows("SELECT rows 2500").expect("a result").len(), 2500);
    }
    assert_eq!(rig.number("prepared"), before + 1);
    // One of another height on the same connection, and a failure in between.
    for _ in 0..3 {
        assert_eq!(rig.rows("SELECT rows 1").expect("a result").len(), 1);
        rig.rows("SELECT fail 42000 7 no").expect_err("it fails");
        assert_eq!(rig.rows("SELECT rows 2500").expect("a result").len(), 2500);
    }
}

#[test]
fn what_cannot_be_prepared_or_is_outdated_runs_all_the_same_and_once() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    // One that is refused was sent, and sent once more without being prepared.
    for (sql, sent) in [
        ("SELECT unpreparable", [1, 1, 1, 1]),
        ("SELECT outdated", [1, 2, 1, 2]),
    ] {
        for (run, sent) in sent.into_iter().enumerate() {
            let before = rig.number("executed");
            let rows = rig
                .rows(sql)
                .unwrap_or_else(|failure| panic!("{sql}, run {run}: {failure}"));
            assert_eq!(rows.len(), 1);
            let after = rig.number("executed");
            assert_eq!(after - before - 1, sent, "{sql}, run {run}");
        }
    }
}

#[test]
fn several_results_come_one_behind_the_other_and_a_failure_among_them_is_told() {
    let Some(mut rig) = Rig::bad("GetData=12") else {
        return;
    };
    for _ in 0..3 {
        let flow = Flow::new(Room::Whole(1 << 20));
        rig.put("SELECT twice 1500", &flow);
        rig.wait(&flow, Interest::End);
        flow.end().expect("it ended").expect("well");
        let rows: Vec<usize> = flow
            .results()
            .iter()
            .map(|(_, batches)| batches.iter().map(|batch| batch.rows()).sum())
            .collect();
        assert_eq!(rows, [1500, 1501]);
        let failure = rig.rows("SELECT then fail").expect_err("the second one");
        assert_eq!(failure.native(), 1064);
    }
}
