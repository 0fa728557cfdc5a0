//! Named tensors between PHP and the native crate.

use tusk_infer::gather::Tensors;
use tusk_infer::port::Port;
use tusk_infer::value::{Value as Native, Values};

use crate::device::{self, DEVICE_TENSOR, DeviceTensorObject, TENSOR};
use crate::exception::{self, Thrown};
use crate::zend::value::{Array, Value};

/// Reads `name => Tensor` or `DeviceTensor`; nested lists of numbers become tensors of the type
/// that the model wants.
pub fn read_values(inputs: &Value, ports: &[Port], argument: u32) -> Result<Values, Thrown> {
    let mut values = Values::new();
    for (key, value) in inputs.entries().unwrap_or_default() {
        let name = match key.text() {
            Some(name) => name,
            None => key.as_long().unwrap_or_default().to_string(),
        };
        let read = if let Some(object) = TENSOR.get(&value) {
            object.tensor.clone().into()
        } else if let Some(object) = DEVICE_TENSOR.get(&value) {
            Native::Device(object.0.clone())
        } else if value.is_array() {
            let port = ports.iter().find(|port| port.name == name);
            device::from_array(&value, port.and_then(|port| port.dtype), argument)?.into()
        } else {
            return Err(exception::misuse(&format!(
                "input \"{name}\" must be a Tusk\\Device\\Tensor, or nested lists of numbers"
            )));
        };
        values.push((name, read));
    }
    Ok(values)
}

/// The same for those who cannot reach a device's memory.
pub fn read_tensors(inputs: &Value, ports: &[Port], argument: u32) -> Result<Tensors, Thrown> {
    let values = read_values(inputs, ports, argument)?;
    let tensors = values.into_iter().map(|(name, value)| match value {
        Native::Host(tensor) => Ok((name, tensor)),
        Native::Device(_) => Err(exception::misuse(&format!(
            "input \"{name}\" lies on a device, which only Session::run() reaches: use toTensor()"
        ))),
    });
    tensors.collect()
}

/// `name => Tensor`, or `DeviceTensor` for what stayed on a device.
pub fn values_to_php(values: Values) -> Value {
    let mut array = Array::new();
    for (name, value) in values {
        let object = match value {
            Native::Host(tensor) => device::tensor_object(tensor),
            Native::Device(tensor) => DEVICE_TENSOR.make(DeviceTensorObject(tensor)),
        };
        array.set(&name, object);
    }
    array.into()
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
