//! Named tensors between PHP and the native crate.

use tusk_infer::gather::Tensors;
use tusk_infer::port::Port;

use crate::device::{self, TENSOR};
use crate::exception::{self, Thrown};
use crate::zend::value::{Array, Value};

/// Reads `name => Tensor`; nested lists of numbers become tensors of the type that the model
/// wants.
pub fn read_tensors(inputs: &Value, ports: &[Port], argument: u32) -> Result<Tensors, Thrown> {
    let mut tensors = Vec::new();
    for (key, value) in inputs.entries().unwrap_or_default() {
        let name = match key.text() {
            Some(name) => name,
            None => key.as_long().unwrap_or_default().to_string(),
        };
        let tensor = match TENSOR.get(&value) {
            Some(object) => object.tensor.clone(),
            None if value.is_array() => {
                let port = ports.iter().find(|port| port.name == name);
                device::from_array(&value, port.and_then(|port| port.dtype), argument)?
            }
            None => {
                return Err(exception::misuse(&format!(
                    "input \"{name}\" must be a Tusk\\Device\\Tensor, or nested lists of numbers"
                )));
            }
        };
        tensors.push((name, tensor));
    }
    Ok(tensors)
}

/// `name => Tensor`
pub fn tensors_to_php(tensors: Tensors) -> Value {
    let mut array = Array::new();
    for (name, tensor) in tensors {
        array.set(&name, device::tensor_object(tensor));
    }
    array.into()
}

/// `name => ['dtype' => …, 'shape' => [length, or a name or null for any], …]`
pub fn ports_to_php(ports: &[Port]) -> Value {
    let mut array = Array::new();
    for port in ports {
        let lengths = port.shape.iter().enumerate().map(|(place, &length)| {
            let symbol = port.symbols.get(place).filter(|symbol| !symbol.is_empty());
            match symbol {
                _ if length >= 0 => Value::long(length),
                Some(symbol) => Value::string(symbol),
                None => Value::NULL,
            }
        });
        let mut row = Array::new();
        let dtype = port.dtype.map_or(port.kind.as_str(), |dtype| dtype.name());
        row.set("dtype", Value::string(dtype))
            .set("shape", Value::list(lengths));
        array.set(&port.name, row.into());
    }
    array.into()
}
