//! Inputs and outputs of a model, and whether tensors fit them.
//!
//! Pure: what is expected and what was given are said in the same words.

use tusk_device::dtype::DType;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

/// A dimension that may be any length.
pub const ANY: i64 = -1;

/// What has a type and a shape.
pub trait Shaped {
    /// The type of its elements.
    fn dtype(&self) -> DType;
    /// Lengths of its dimensions.
    fn shape(&self) -> &[usize];
    /// `f32[2, 3]`
    fn describe(&self) -> String;
}

impl Shaped for Tensor {
    fn dtype(&self) -> DType {
        Tensor::dtype(self)
    }

    fn shape(&self) -> &[usize] {
        Tensor::shape(self)
    }

    fn describe(&self) -> String {
        Tensor::describe(self)
    }
}

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// As the model calls it.
    pub name: String,
    /// Its element type; `None` where tensors here have none such.
    pub dtype: Option<DType>,
    /// The model's own word for the type.
    pub kind: String,
    /// Lengths of its dimensions, [`ANY`] among them.
    pub shape: Vec<i64>,
    /// Names of the dimensions that may be any length; empty where there is none.
    pub symbols: Vec<String>,
}

impl Port {
    /// `f32[batch, 3, ?]`
    pub fn describe(&self) -> String {
        let name = match self.dtype {
            Some(dtype) => dtype.name(),
            None => &self.kind,
        };
        let lengths = self.shape.iter().enumerate().map(|(place, &length)| {
            let symbol = self.symbols.get(place).filter(|symbol| !symbol.is_empty());
            match symbol {
                _ if length >= 0 => length.to_string(),
                Some(symbol) => symbol.clone(),
                None => "?".to_owned(),
            }
        });
        format!("{name}[{}]", lengths.collect::<Vec<_>>().join(", "))
    }

    fn fits(&self, tensor: &impl Shaped) -> bool {
        let lengths = self.shape.iter().zip(tensor.shape());
        self.dtype == Some(tensor.dtype())
            && self.shape.len() == tensor.shape().len()
            && lengths
                .clone()
                .all(|(&wanted, &given)| wanted < 0 || wanted == given as i64)
    }
}

fn refuse(model: &str, detail: &str) -> Error {
    let detail = format!("{model}: {detail}");
    Error::new(Kind::Misuse, "run a model", detail)
}

fn all(ports: &[Port]) -> String {
    let described = ports
        .iter()
        .map(|port| format!("\"{}\" {}", port.name, port.describe()));
    described.collect::<Vec<_>>().join(", ")
}

/// Do these tensors fit the inputs of a model? Each input once, none else.
///
/// # Errors
/// `Misuse`, which says what was expected and what was given.
pub fn check<T: Shaped>(model: &str, ports: &[Port], given: &[(String, T)]) -> Result<(), Error> {
    check_given(model, ports, given)?;
    let missing = ports
        .iter()
        .find(|port| given.iter().all(|(name, _)| *name != port.name));
    match missing {
        Some(port) => Err(refuse(
            model,
            &format!(
                "input \"{}\" is missing; expected {}",
                port.name,
                all(ports)
            ),
        )),
        None if given.len() > ports.len() => Err(refuse(model, "an input was given twice")),
        None => Ok(()),
    }
}

/// The same where inputs may be missing, because some are optional.
///
/// # Errors
/// As [`check`].
pub fn check_given<T: Shaped>(
    model: &str,
    ports: &[Port],
    given: &[(String, T)],
) -> Result<(), Error> {
    for (name, tensor) in given {
        let Some(port) = ports.iter().find(|port| port.name == *name) else {
            let detail = format!("there is no input \"{name}\"; expected {}", all(ports));
            return Err(refuse(model, &detail));
        };
        if !port.fits(tensor) {
            let (expected, got) = (port.describe(), tensor.describe());
            let detail = format!("input \"{name}\": expected {expected}, got {got}");
            return Err(refuse(model, &detail));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port() -> Port {
        Port {
            name: "x".into(),
            dtype: Some(DType::F32),
            kind: "float".into(),
            shape: vec![ANY, 3, ANY],
            symbols: vec!["batch".into(), String::new(), String::new()],
        }
    }

    fn tensor(dtype: DType, shape: &[usize]) -> Tensor {
        Tensor::filled(dtype, shape, |_| {}).expect("small")
    }

    fn error(given: &[(&str, Tensor)]) -> String {
        let given: Vec<_> = given
            .iter()
            .map(|(name, tensor)| ((*name).to_owned(), tensor.clone()))
            .collect();
        check("m.onnx", &[port()], &given)
            .expect_err("it does not fit")
            .to_string()
    }

    #[test]
    fn what_fits_fits() {
        let given = [("x".to_owned(), tensor(DType::F32, &[7, 3, 1]))];
        check("m.onnx", &[port()], &given).expect("it fits");
    }

    #[test]
    fn errors_say_what_was_expected_and_what_was_given() {
        let good = tensor(DType::F32, &[1, 3, 1]);
        assert!(
            error(&[("y", good.clone())])
                .contains("no input \"y\"; expected \"x\" f32[batch, 3, ?]")
        );
        assert!(error(&[]).contains("input \"x\" is missing; expected"));
        let said = "input \"x\": expected f32[batch, 3, ?], got ";
        assert!(
            error(&[("x", tensor(DType::F64, &[1, 3, 1]))])
                .contains(&format!("{said}f64[1, 3, 1]"))
        );
        assert!(
            error(&[("x", tensor(DType::F32, &[1, 2, 1]))])
                .contains(&format!("{said}f32[1, 2, 1]"))
        );
        assert!(error(&[("x", tensor(DType::F32, &[3]))]).contains(&format!("{said}f32[3]")));
        assert!(error(&[("x", good.clone()), ("x", good)]).contains("twice"));
    }
}
