//! A question under way, as PHP's thread holds it. Dropping it gives it up.
//!
//! Nothing here waits: who has to wait registers a letter ([`Exchange::wait`]) and asks again
//! when it has come. Over HTTP the two threads meet in [`Asked`]:
//! - asked → answered: the background thread, once, whatever happens to the connection.
//! - a cancel does not answer; it makes the background thread answer now.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;
use tusk_background::Handle;
use tusk_grpc::call::{Call, Interest};
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::OpId;

use super::grpc;
use super::http::{Pool, Question};
use super::question::{Answer, Ask, Failure, OPERATION, malformed};

/// See the module's description.
pub struct Exchange {
    ask: Ask,
    way: Way,
}

enum Way {
    Grpc(Call),
    Http(Option<Arc<Asked>>),
}

struct Asked {
    pool: Arc<Pool>,
    state: Mutex<State>,
    cancel: Notify,
}

#[derive(Default)]
struct State {
    answer: Option<Result<Answer, Failure>>,
    ended: bool,
    waiter: Option<OpId>,
}

impl Asked {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    pub(super) fn grpc(ask: Ask, call: Call) -> Exchange {
        let way = Way::Grpc(call);
        Exchange { ask, way }
    }

    /// Begins it. Nothing is sent before the end of the loop's turn.
    pub(super) fn http(
        ask: Ask,
        pool: &Arc<Pool>,
        question: Question,
        timeout: Option<Duration>,
    ) -> Result<Exchange, Error> {
        if pool.handle.is_lost() {
            return Err(Handle::lost_error(OPERATION));
        }
        pool.begin()?;
        let asked = Arc::new(Asked {
            pool: Arc::clone(pool),
            state: Mutex::default(),
            cancel: Notify::new(),
        });
        let inside = Arc::clone(&asked);
        let job = move || {
            let handle = inside.pool.handle.clone();
            handle.spawn(run(inside, ask, question, timeout));
        };
        if let Err(error) = pool.handle.run(Box::new(job)) {
            pool.end();
            return Err(error);
        }
        let way = Way::Http(Some(asked));
        Ok(Exchange { ask, way })
    }

    /// Registers a letter for the end. False: it is there already.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork; so below.
    pub fn wait(&self, op: OpId) -> Result<bool, Error> {
        match &self.way {
            Way::Grpc(call) => call.wait(Interest::End, op),
            Way::Http(asked) => {
                let mut state = alive(asked)?.lock();
                if !state.ended {
                    state.waiter = Some(op);
                }
                Ok(!state.ended)
            }
        }
    }

    /// The letter is not wanted any more. True: nobody will post it.
    pub fn unwait(&self, op: OpId) -> bool {
        match &self.way {
            Way::Grpc(call) => call.unwait(op),
            Way::Http(asked) => alive(asked).is_ok_and(|asked| {
                let mut state = asked.lock();
                let there = state.waiter == Some(op);
                if there {
                    state.waiter = None;
                }
                there
            }),
        }
    }

    /// Has it ended?
    ///
    /// # Errors
    /// See [`Exchange::wait`].
    pub fn is_there(&self) -> Result<bool, Error> {
        match &self.way {
            Way::Grpc(call) => call.is_there(Interest::End),
            Way::Http(asked) => Ok(alive(asked)?.lock().ended),
        }
    }

    /// Ends it, if it has not: the server is told, and who waits for it too.
    ///
    /// # Errors
    /// See [`Exchange::wait`].
    pub fn cancel(&self) -> Result<(), Error> {
        match &self.way {
            Way::Grpc(call) => call.cancel(),
            Way::Http(asked) => give_up(alive(asked)?),
        }
    }

    /// Takes the answer of one that has ended.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(&self) -> Result<Answer, Failure> {
        match &self.way {
            Way::Grpc(call) => match call.status()? {
                Some(status) if status.is_ok() => {
                    let message = call
                        .take()?
                        .ok_or_else(|| malformed("the server said OK and sent no message"))?;
                    Ok(grpc::answer(self.ask, message)?)
                }
                Some(status) => grpc::failed(self.ask, &status),
                None => Err(unfinished()),
            },
            Way::Http(asked) => {
                let answer = alive(asked)?.lock().answer.take();
                answer.unwrap_or_else(|| Err(unfinished()))
            }
        }
    }
}

fn alive(asked: &Option<Arc<Asked>>) -> Result<&Arc<Asked>, Error> {
    match asked {
        Some(asked) if !asked.pool.handle.is_lost() => Ok(asked),
        _ => Err(Handle::lost_error(OPERATION)),
    }
}

fn give_up(asked: &Arc<Asked>) -> Result<(), Error> {
    if asked.lock().ended {
        return Ok(());
    }
    let inside = Arc::clone(asked);
    let cancel = move || inside.cancel.notify_one();
    asked.pool.handle.run(Box::new(cancel))
}

fn unfinished() -> Failure {
    Error::new(Kind::Cancelled, OPERATION, "it was given up").into()
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let Way::Http(asked) = &mut self.way else {
            return;
        };
        let Some(asked) = asked.take() else { return };
        if asked.pool.handle.is_lost() {
            // Its locks may be held for ever.
            std::mem::forget(asked);
        } else {
            let _ = give_up(&asked);
        }
    }
}

/// The task. It is answered also when the thread ends and drops it.
async fn run(asked: Arc<Asked>, ask: Ask, question: Question, timeout: Option<Duration>) {
    let mut ends = Ends(asked, None);
    let asked = &ends.0;
    let answer = {
        let mut work = pin!(work(&asked.pool, ask, question));
        let mut cancelled = pin!(asked.cancel.notified());
        let mut late = pin!(sleep(timeout));
        poll_fn(|context| {
            // Before the work, so that what is given up at once is never sent.
            if cancelled.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(unfinished()));
            }
            if timeout == Some(Duration::ZERO) || late.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(too_late(&asked.pool)));
            }
            work.as_mut().poll(context)
        })
        .await
    };
    ends.1 = Some(answer);
}

async fn work(pool: &Pool, ask: Ask, question: Question) -> Result<Answer, Failure> {
    pool.ask(question).await?.answer(ask)
}

async fn sleep(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

fn too_late(pool: &Pool) -> Failure {
    let detail = format!(
        "the deadline passed before {} had answered",
        pool.config.endpoint.peer()
    );
    Error::new(Kind::TimedOut, OPERATION, detail).into()
}

struct Ends(Arc<Asked>, Option<Result<Answer, Failure>>);

impl Drop for Ends {
    fn drop(&mut self) {
        let waiter = {
            let mut state = self.0.lock();
            state.answer = Some(self.1.take().unwrap_or_else(|| Err(unfinished())));
            state.ended = true;
            state.waiter.take()
        };
        self.0.pool.end();
        if let Some(op) = waiter {
            self.0.pool.handle.post(op);
        }
    }
}
