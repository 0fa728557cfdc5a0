//! A model on another machine: questions of coroutines, and what is kept between them.
//!
//! What the model wants is asked once, before its first run, and again after the server has
//! refused a request: another version may have been loaded meanwhile.
//!
//! Invariant: an exchange that a frame waits for lies in the table here, never in the frame:
//! a fatal error may jump over that. The table is borrowed for native work alone.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use tusk_infer::gather::Tensors;
use tusk_infer::limits;
use tusk_infer::port;
use tusk_infer::remote::http::Form;
use tusk_infer::remote::question::{Answer, Ask, Failure, ModelInfo, ServerInfo};
use tusk_infer::remote::{self as native, Exchange, Prepared};
use tusk_runtime::error::{Error, Kind as ErrorKind};
use tusk_runtime::sys::clock;
use tusk_runtime::task::Ends;

use super::{remote_options, session};
use crate::coroutine::{self, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::class::NativeClass;
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// `Tusk\Infer\Remote`, for classes that take one.
pub static REMOTE: Kind<RemoteObject> = Kind::new();

/// The state behind it.
pub struct RemoteObject(pub Rc<Remote>);

impl NativeClass for RemoteObject {
    fn describe(&self) -> Option<String> {
        let calls = self.0.native.calls();
        Some(format!("{}, {calls} requests under way", self.0.url))
    }
}

/// See the module's description.
pub struct Remote {
    native: native::Remote,
    url: String,
    form: Cell<Option<Form>>,
    model: RefCell<Option<Arc<ModelInfo>>>,
    running: RefCell<Vec<Option<Exchange>>>,
}

/// Where an exchange lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

/// What these tensors have in all.
pub fn bytes_of(tensors: &Tensors) -> usize {
    tensors.iter().map(|(_, tensor)| tensor.byte_len()).sum()
}

/// What tells the server that knows the binary tensor data extension.
const BINARY: &str = "binary_tensor_data";

impl Remote {
    /// Reads URL and options. Nothing is connected before the first question.
    pub fn new(url: String, options: &Value) -> Result<Rc<Remote>, Thrown> {
        let read = remote_options::read(&url, options)?;
        Ok(Rc::new(Remote {
            native: read.remote,
            url,
            form: Cell::new(read.form),
            model: RefCell::default(),
            running: RefCell::default(),
        }))
    }

    /// Answers yes or no. Suspends, as all below.
    pub fn asks(&self, ask: Ask, timeout: Option<f64>, what: &str) -> Result<bool, Thrown> {
        match self.ask(ask, deadline_in(timeout), what)? {
            Answer::Yes(yes) => Ok(yes),
            _ => Err(self.confused()),
        }
    }

    /// What the server says of itself.
    pub fn server(&self, timeout: Option<f64>, what: &str) -> Result<ServerInfo, Thrown> {
        self.server_until(deadline_in(timeout), what)
    }

    fn server_until(&self, deadline: Option<u64>, what: &str) -> Result<ServerInfo, Thrown> {
        match self.ask(Ask::Server, deadline, what)? {
            Answer::Server(server) => Ok(server),
            _ => Err(self.confused()),
        }
    }

    /// What the model wants and gives, asked once.
    pub fn model(&self, timeout: Option<f64>, what: &str) -> Result<Arc<ModelInfo>, Thrown> {
        self.model_until(deadline_in(timeout), what)
    }

    fn model_until(&self, deadline: Option<u64>, what: &str) -> Result<Arc<ModelInfo>, Thrown> {
        if let Some(model) = &*self.model.borrow() {
            return Ok(Arc::clone(model));
        }
        match self.ask(Ask::Model, deadline, what)? {
            Answer::Model(model) => {
                let model = Arc::new(model);
                *self.model.borrow_mut() = Some(Arc::clone(&model));
                Ok(model)
            }
            _ => Err(self.confused()),
        }
    }

    /// Do these inputs fit what the model wants? One that is missing may be optional there.
    pub fn check(&self, model: &ModelInfo, inputs: &Tensors) -> Result<(), Thrown> {
        if model.inputs.is_empty() {
            return Ok(());
        }
        port::check_given(&self.native.which().model, &model.inputs, inputs)
            .map_err(|error| exception::native(&error))
    }

    /// Runs the model.
    pub fn run(&self, inputs: &Value, timeout: Option<f64>, what: &str) -> Result<Tensors, Thrown> {
        let deadline = deadline_in(timeout);
        let model = self.model_until(deadline, what)?;
        let inputs = super::read_tensors(inputs, &model.inputs, 0)?;
        self.check(&model, &inputs)?;
        let bytes = bytes_of(&inputs);
        self.run_until(move || Ok(inputs), bytes, deadline, what, |_| {})
    }

    /// Runs it with inputs that were checked and have about so many bytes, made on a thread when
    /// they are many; `begun` is told where the exchange lies.
    pub fn run_until(
        &self,
        make: impl FnOnce() -> Result<Tensors, Error> + Send + 'static,
        bytes: usize,
        deadline: Option<u64>,
        what: &str,
        begun: impl FnOnce(Place),
    ) -> Result<Tensors, Thrown> {
        self.choose_form(deadline, what)?;
        let form = self.form.get().unwrap_or(Form::Json);
        let preparing = self.native.preparing(Ask::Infer, form);
        let prepare = move || preparing.prepare(&make()?);
        let prepared = match bytes > limits::REMOTE_INLINE {
            true => session::compute(what, deadline, prepare)?,
            false => prepare().map_err(|error| self.failed(&error.into()))?,
        };
        match self.ask_with(prepared, deadline, what, begun)? {
            Answer::Outputs(outputs) => Ok(outputs),
            _ => Err(self.confused()),
        }
    }

    /// Over HTTP the server is asked once whether it takes tensors as bytes.
    fn choose_form(&self, deadline: Option<u64>, what: &str) -> Result<(), Thrown> {
        if self.form.get().is_some() || !self.native.speaks_http() {
            return Ok(());
        }
        let server = self.server_until(deadline, what)?;
        let form = match server.extensions.iter().any(|name| name == BINARY) {
            true => Form::Binary,
            false => Form::Json,
        };
        self.form.set(Some(form));
        Ok(())
    }

    fn ask(&self, ask: Ask, deadline: Option<u64>, what: &str) -> Result<Answer, Thrown> {
        let prepared = self.native.preparing(ask, Form::Json).prepare(&Vec::new());
        let prepared = prepared.map_err(|error| self.failed(&error.into()))?;
        self.ask_with(prepared, deadline, what, |_| {})
    }

    fn ask_with(
        &self,
        prepared: Prepared,
        deadline: Option<u64>,
        what: &str,
        begun: impl FnOnce(Place),
    ) -> Result<Answer, Thrown> {
        engine::settle_fork();
        check_may_wait(what)?;
        let left =
            deadline.map(|at| std::time::Duration::from_nanos(at.saturating_sub(clock::now())));
        let exchange = self.native.begin(prepared, left);
        let exchange = exchange.map_err(|error| self.failed(&error.into()))?;
        let place = self.keep(exchange);
        begun(place);
        let waited = self.wait(place, what);
        let exchange = self.running.borrow_mut()[place.0].take();
        waited?;
        let answer = exchange.ok_or(Thrown)?.take();
        answer.map_err(|failure| {
            if failure.error.kind() == ErrorKind::Remote {
                *self.model.borrow_mut() = None;
            }
            self.failed(&failure)
        })
    }

    fn keep(&self, exchange: Exchange) -> Place {
        let mut running = self.running.borrow_mut();
        let free = running.iter().position(Option::is_none);
        let place = free.unwrap_or(running.len());
        match running.get_mut(place) {
            Some(free) => *free = Some(exchange),
            None => running.push(Some(exchange)),
        }
        Place(place)
    }

    /// Gives up what lies there: who waits for it is told that it was.
    pub fn give_up(&self, place: Place) {
        let _ = self.look(place, Exchange::cancel);
    }

    fn look<R: Default>(
        &self,
        place: Place,
        question: impl FnOnce(&Exchange) -> Result<R, Error>,
    ) -> Result<R, Error> {
        match self.running.borrow().get(place.0) {
            Some(Some(exchange)) => question(exchange),
            _ => Ok(R::default()),
        }
    }

    fn wait(&self, place: Place, what: &str) -> Result<(), Thrown> {
        loop {
            match self.look(place, Exchange::is_there) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => return Err(exception::native(&error)),
            }
            check_may_wait(what)?;
            let ended = coroutine::wait_letter(
                Ends::OnCancel,
                None,
                |op| {
                    self.look(place, |exchange| exchange.wait(op))
                        .unwrap_or(false)
                },
                |op| {
                    self.look(place, |exchange| Ok(exchange.unwait(op)))
                        .unwrap_or(false)
                },
            );
            if let Err(ended) = ended {
                return Err(ended.throw(what));
            }
        }
    }

    #[cold]
    fn failed(&self, failure: &Failure) -> Thrown {
        let error = failure.error.clone().note(&format!(" ({})", self.url));
        exception::native_code(&error, failure.code.into())
    }

    #[cold]
    fn confused(&self) -> Thrown {
        exception::misuse(&format!("{} answered another question", self.url))
    }
}
