//! Budgets of connections that all workers of a machine share, for the pools of this process.

use std::cell::RefCell;
use std::rc::Rc;

use tusk_budget::share::{Share, Want};
use tusk_pool::allowance::Allowance;
use tusk_postgres::pool::allowance;

use crate::exception::{self, Thrown};
use crate::zend::value::Value;

/// How often a pool with idle connections looks whether another process lacks some.
pub const LOOK: u64 = 100_000_000;

/// A pool's part of a budget.
pub struct Budget {
    name: String,
    share: Share,
    /// Why the table could not be asked, when it was last tried.
    error: RefCell<String>,
}

impl Budget {
    /// From `['name' => 'orders', 'limit' => 60]`; `Ok(None)`: the value is none such.
    pub fn read(value: &Value) -> Result<Option<Rc<Budget>>, Thrown> {
        let (mut name, mut limit) = (None, None);
        for (key, value) in value.entries().unwrap_or_default() {
            match key.text().as_deref() {
                Some("name") => name = value.text(),
                Some("limit") => {
                    limit = value
                        .as_long()
                        .and_then(|number| u64::try_from(number).ok())
                }
                _ => return Ok(None),
            }
        }
        let (Some(name), Some(limit)) = (name, limit) else {
            return Ok(None);
        };
        let share = Share::open(&name, limit).map_err(|error| exception::native(&error))?;
        Ok(Some(Rc::new(Budget {
            name,
            share,
            error: RefCell::default(),
        })))
    }

    /// Does another process, or another pool of this one, lack a connection?
    pub fn is_wanted(&self) -> bool {
        self.share.wanted() != Want::Nobody
    }

    /// What a taker should know who waited in vain; empty when the budget is not the reason.
    pub fn describe(&self) -> String {
        let error = self.error.borrow();
        if !error.is_empty() {
            return format!("; {error}");
        }
        match self.share.state() {
            Ok(state) if state.used >= state.limit => format!(
                "; the budget \"{}\" of all workers is spent: {} of {} connections are open, {} of them here",
                self.name, state.used, state.limit, state.own
            ),
            Ok(_) => String::new(),
            Err(error) => format!("; {error}"),
        }
    }
}

impl Budget {
    fn try_take(&self) -> bool {
        match self.share.try_take() {
            Ok(taken) => {
                self.error.borrow_mut().clear();
                taken
            }
            Err(error) => {
                *self.error.borrow_mut() = error.to_string();
                false
            }
        }
    }
}

/// The pool's end of it.
pub struct Taker(pub Rc<Budget>);

impl Allowance for Taker {
    fn try_take(&self) -> bool {
        self.0.try_take()
    }

    fn give_back(&self) {
        self.0.share.give_back();
    }
}

/// The same for PostgreSQL's pool, which also sheds what is busy.
impl allowance::Allowance for Budget {
    fn try_take(&self) -> bool {
        Budget::try_take(self)
    }

    fn give_back(&self) {
        self.share.give_back();
    }

    fn withdraw(&self) {
        self.share.withdraw();
    }

    fn wanted(&self) -> allowance::Want {
        match self.share.wanted() {
            Want::Nobody => allowance::Want::Nobody,
            Want::Somebody => allowance::Want::Somebody,
            Want::Starving => allowance::Want::Starving,
        }
    }

    fn describe(&self) -> String {
        Budget::describe(self)
    }
}
