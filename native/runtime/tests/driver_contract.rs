//! The contract of `driver::Driver`, run on every driver and on the ring with parts of
//! it taken away. A new driver adds one line to `instances!`.

mod contract {
    pub mod cancel;
    pub mod children;
    pub mod files;
    pub mod histories;
    pub mod poll;
    pub mod process;
    pub mod rig;
    pub mod sockets;
    pub mod waiting;
}

use contract::rig::{self, Rig};
use contract::{cancel, children, files, histories, poll, process, sockets, waiting};
use tusk_runtime::driver::{AnyDriver, Choice, Epoll, Fake, Plan, Uring, open};

/// A ring as the probe plans it, or `None` with the reason printed.
fn uring() -> Option<AnyDriver> {
    match open(Choice::Uring) {
        Ok((driver, _)) => Some(driver),
        Err(error) => rig::skip(&error.to_string()),
    }
}

fn planned(plan: Plan) -> Option<AnyDriver> {
    // The probe says whether there are rings here at all.
    uring()?;
    match Uring::open(plan) {
        Ok(ring) => Some(AnyDriver::Uring(Box::new(ring))),
        Err(errno) => rig::skip(&format!("a planned ring: errno {errno}")),
    }
}

fn uring_plain() -> Option<AnyDriver> {
    planned(Plan::plain())
}

fn uring_without_verbs() -> Option<AnyDriver> {
    planned(Plan::plain().without_verbs())
}

fn uring_tiny() -> Option<AnyDriver> {
    planned(Plan {
        entries: 2,
        completions: 4,
        ..Plan::plain()
    })
}

fn epoll() -> Option<AnyDriver> {
    let epoll = Epoll::with_alarm(false).expect("epoll");
    Some(AnyDriver::Epoll(Box::new(epoll)))
}

fn epoll_alarm() -> Option<AnyDriver> {
    let epoll = Epoll::with_alarm(true).expect("epoll");
    Some(AnyDriver::Epoll(Box::new(epoll)))
}

fn fake() -> Option<AnyDriver> {
    Some(AnyDriver::Fake(Box::new(Fake::new(42))))
}

macro_rules! instances {
    ($($driver:ident)*) => {
        $(mod $driver {
            use super::*;
            suite! { $driver:
                sockets: accept_connect_send_receive, refused_connections_say_so,
                    end_of_stream_is_zero, nonblocking_descriptors_wait_too,
                    dontwait_does_not_wait, two_receivers_share_a_socket,
                    broken_pipes_raise_no_signal, unix_sockets_connect;
                files: open_write_read_sync_close, offsets_and_positions, pipes_wait,
                    statx_fills_its_buffer, missing_files_and_bad_descriptors;
                poll: one_shot_waits_and_completes_once, readiness_that_is_there_is_reported,
                    multishot_reports_every_change, multishot_survives_a_full_queue,
                    a_hangup_is_reported, a_reset_is_reported,
                    waiters_of_one_descriptor_are_independent,
                    files_are_always_ready, more_completions_than_the_ring_holds;
                cancel: before_anything_was_handed_over, while_the_kernel_has_it,
                    of_every_verb_that_waits, of_what_is_done_or_unknown, twice,
                    with_an_answer, multishot_polls_end, frees_the_file_at_once,
                    frees_the_file_at_once_among_many_events,
                    a_reused_descriptor_is_another_file, a_token_is_free_after_the_end,
                    dropping_gives_memory_back;
                waiting: now_returns_at_once, deadlines_are_kept, short_deadlines_are_kept,
                a_deadline_at_the_clocks_end_never_comes,
                    timeouts_fire_in_order_and_not_early,
                    an_answer_after_many_fast_ones_is_not_kept_back,
                    answers_after_a_burst_are_not_kept_back, a_signal_ends_a_wait,
                    a_wakeup_from_another_thread, a_token_in_flight_is_refused;
                histories: random_ones_lose_nothing;
                process: a_child_forgets_and_the_parent_goes_on;
                children: an_end_is_told_and_the_child_is_left, a_child_is_named_by_its_descriptor,
                    who_is_no_child_is_not_waited_for,
                    two_wait_for_one_child, any_of_a_group_is_told,
                    a_child_that_somebody_else_reaps_is_not_told, stops_are_told_to_who_asks,
                    a_cancelled_wait_leaves_the_child,
                    any_child_is_told_also_one_made_meanwhile;
            }
        })*
    };
}

macro_rules! suite {
    ($driver:ident: $($area:ident: $($test:ident),* ;)*) => {
        $($(#[test]
        fn $test() {
            if let Some(driver) = super::$driver() {
                $area::$test(&mut Rig::new(driver));
            }
        })*)*
    };
}

instances! { uring uring_plain uring_without_verbs uring_tiny epoll epoll_alarm fake }
