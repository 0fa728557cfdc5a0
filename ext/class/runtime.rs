//! `Tusk\Runtime`: what runs here, and how much of it.

use crate::core;
use crate::coroutine;
use crate::exception::{self, Thrown};
use crate::infer;
use crate::ini;
use crate::watchdog;
use crate::zend::call::Call;
use crate::zend::class::{Class, static_method};
use crate::zend::entry;
use crate::zend::value::{Array, Value};
use crate::zend::worker;
use crate::zend::{engine, report};

/// The runtime of this process.
pub static CLASS: Class = Class {
    name: "Tusk\\Runtime",
    interfaces: &[],
    native: false,
    methods: &[
        /// The driver in use and why not the other, kernel features, PHP, hooks.
        static_method!("info(): array", info),
        /// Counters: coroutines, switches, ops, timers, stacks.
        static_method!("stats(): array", stats),
        /// What would make the program faster or safer, as noticed so far. `shared_handles`:
        /// connections and other handles that coroutines waited for one another in, each
        /// with both places (`held_at`, `waited_at`) and the number of waits. A pool gives
        /// each coroutine its own.
        static_method!("report(): array", report),
        /// The hooks that are on; with `$hooks` (a list of names, `all` or `none`), sets them.
        static_method!("hooks(null|array|string $hooks = null): array", hooks),
        /// Calls that held up all coroutines for longer than `tusk.block_warn`: a list of arrays
        /// with `file`, `line`, `function`, `call` (the system call it slept in, or null where
        /// it computed), `times` and `longest` (seconds, as far as it was seen).
        static_method!("blocked(): array", blocked),
        /// Every coroutine that has not ended, by its number: `state` (queued, running, ready,
        /// waiting), `waits_in` (the call) and `waits_for` (what is known of it) or null,
        /// `file` and `line` where it is, `spawned_at`, and whether it was `cancelled`.
        static_method!("coroutines(): array", coroutines),
        /// The same with every stack, as text to log. Arguments are left out.
        static_method!("dump(): string", dump),
        /// Numbers of this process in Prometheus' text format.
        static_method!("metrics(): string", metrics),
        /// What `tusk.trace_shared_state` has found so far: rows of `variable`, `written_at`
        /// and `read_at`. Empty when the mode is off.
        static_method!("sharedState(): array", shared_state),
    ],
};

/// Rows of `phpinfo()` and entries of `info()`.
pub fn info_rows() -> Vec<(String, String)> {
    let mut rows = vec![
        ("version".into(), env!("CARGO_PKG_VERSION").into()),
        ("php".into(), engine::php_version()),
    ];
    if !core::is_up() {
        let why = if engine::threads_run_php() {
            "no: an extension is loaded that runs PHP in several threads"
        } else {
            "no: coroutines need the command line SAPI"
        };
        rows.push(("enabled".into(), why.into()));
        return rows;
    }
    rows.push(("enabled".into(), "yes".into()));
    core::with(|core| match core.reactor.report() {
        Ok(report) => {
            rows.push(("driver".into(), report.driver.to_string()));
            rows.push(("other_driver".into(), report.why_not_other.clone()));
            rows.push(("kernel".into(), report.kernel.clone()));
            for feature in &report.features {
                let state = feature.missing.clone().unwrap_or_else(|| "yes".into());
                rows.push((format!("feature.{}", feature.name), state));
            }
        }
        Err(error) => rows.push(("driver".into(), error.to_string())),
    });
    rows.push((
        "stacks".into(),
        match engine::ini("tusk.stacks").as_str() {
            "zend" => "PHP's own, with its guards (tusk.stacks = zend)".into(),
            _ => core::with(|core| core.stacks.guards().to_owned()),
        },
    ));
    rows.push(("intercepted".into(), entry::intercept::describe()));
    rows.push(("hooks".into(), names(engine::hooks()).join(", ")));
    rows
}

fn info(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let mut info = Array::new();
    for (name, value) in info_rows() {
        info.set(&name, Value::string(&value));
    }
    call.give(info.into());
    Ok(())
}

fn report(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let shared = entry::intercept::shared_handles().into_iter().map(|place| {
        let mut row = Array::new();
        row.set("handle", Value::string(&place.handle));
        row.set("held_at", Value::string(&place.held_at));
        row.set("waited_at", Value::string(&place.waited_at));
        row.set("waits", Value::long(place.waits));
        row.into()
    });
    let mut report = Array::new();
    report.set("shared_handles", Value::list(shared));
    call.give(report.into());
    Ok(())
}

fn stats(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let (workers, idle) = worker::counts();
    let numbers = core::with(|core| {
        let reactor = &core.reactor;
        [
            ("coroutines", reactor.scheduler.len() as i64),
            ("spawned", core.spawned as i64),
            ("ready", reactor.scheduler.ready_len() as i64),
            ("switches", core.switches as i64),
            ("timers", reactor.scheduler.timers.len() as i64),
            ("watches", reactor.watch_len() as i64),
            ("ops_in_flight", reactor.in_flight() as i64),
            ("ops", reactor.stats.ops as i64),
            ("completions", reactor.stats.completions as i64),
            ("turns", reactor.stats.turns as i64),
            ("workers", i64::from(workers)),
            ("workers_idle", i64::from(idle)),
            ("stack_bytes_mapped", core.stacks.stats().mapped as i64),
        ]
    });
    let mut stats = Array::new();
    for (name, number) in numbers {
        stats.set(name, Value::long(number));
    }
    call.give(stats.into());
    Ok(())
}

fn hooks(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    if call.given() > 0 && !call.value(0).is_null() {
        let wanted = call.strings(0)?.ok_or_else(|| {
            engine::argument_type_error(0, "must be a string, a list of strings or null")
        })?;
        let wanted = wanted.join(",");
        match ini::parse_hooks(&wanted) {
            Some(mask) => engine::set_hooks(mask),
            None => {
                return Err(exception::misuse(&format!(
                    "unknown hook in \"{wanted}\"; known are all, none, {}",
                    names(u32::MAX).join(", ")
                )));
            }
        }
    }
    call.give(Value::list(
        names(engine::hooks()).into_iter().map(Value::string),
    ));
    Ok(())
}

fn blocked(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let rows = watchdog::blocked().into_iter().map(|blocked| {
        let mut row = Array::new();
        row.set("file", Value::string(&blocked.place.file))
            .set("line", Value::long(i64::from(blocked.place.line)))
            .set("function", Value::string(&blocked.place.function))
            .set(
                "call",
                blocked.call.as_deref().map_or(Value::NULL, Value::string),
            )
            .set("times", Value::long(blocked.times as i64))
            .set("longest", Value::double(blocked.longest as f64 / 1e9));
        row.into()
    });
    call.give(Value::list(rows));
    Ok(())
}

fn names(mask: u32) -> Vec<&'static str> {
    ini::HOOKS
        .iter()
        .filter(|(_, bit)| mask & bit != 0)
        .map(|(name, _)| *name)
        .collect()
}

fn coroutines(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let text = |text: Option<&str>| text.map_or(Value::NULL, Value::string);
    let mut list = Array::new();
    for one in coroutine::report(usize::MAX) {
        let mut row = Array::new();
        row.set("state", Value::string(one.state))
            .set("waits_in", text(one.waits_in()))
            .set("waits_for", text(one.waits_for.as_deref()))
            .set("file", text(one.place.file.as_deref()))
            .set("line", one.place.line.map_or(Value::NULL, Value::long))
            .set("spawned_at", text(one.spawned_at.as_deref()))
            .set("cancelled", Value::bool(one.cancelled));
        list.set_index(one.id, row.into());
    }
    call.give(list.into());
    Ok(())
}

fn dump(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.give(Value::string(&coroutine::dump()));
    Ok(())
}

fn metrics(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let page = coroutine::metrics() + &infer::runtime_metrics();
    call.give(Value::string(&page));
    Ok(())
}

fn shared_state(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.give(report::shared_state());
    Ok(())
}
