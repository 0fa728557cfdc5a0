//! Tensors against an oracle that knows nothing of layouts: an element by its index.

use tusk_device::dtype::{DType, Number};
use tusk_device::storage::Storage;
use tusk_device::tensor::Tensor;
use tusk_runtime::random::Random;

fn counted(dtype: DType, shape: &[usize], from: i64) -> Tensor {
    let count: usize = shape.iter().product();
    let numbers: Vec<Number> = (0..count as i64)
        .map(|n| Number::Int((from + n) % 8))
        .collect();
    Tensor::from_numbers(dtype, shape, &numbers).expect("small")
}

fn values(tensor: &Tensor) -> Vec<i64> {
    tensor.numbers().map(Number::int).collect()
}

/// The element at an index of any tensor, by slicing one dimension after the other.
fn element(tensor: &Tensor, index: &[usize]) -> i64 {
    let last = index.iter().fold(tensor.clone(), |tensor, &index| {
        tensor.at(index).expect("inside")
    });
    values(&last)[0]
}

fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![vec![]], |all, &length| {
        all.iter()
            .flat_map(|index| (0..length).map(move |next| [&index[..], &[next]].concat()))
            .collect()
    })
}

/// Every other index of a dimension of a larger tensor: a view with gaps.
fn with_gaps(random: &mut Random, dtype: DType, shape: &[usize]) -> Tensor {
    let axis = random.below(shape.len());
    let mut larger = shape.to_vec();
    larger[axis] = larger[axis] * 2 + 1;
    counted(dtype, &larger, random.below(8) as i64)
        .slice(axis, 1, shape[axis], 2)
        .expect("inside")
}

#[test]
fn concat_and_stack_put_every_element_where_the_oracle_does() {
    let mut random = Random::new(11);
    for round in 0..600 {
        let dtype = [DType::F32, DType::I4, DType::I64, DType::U8][round % 4];
        let rank = 1 + random.below(3);
        let shape: Vec<usize> = (0..rank).map(|_| 1 + random.below(3)).collect();
        let axis = random.below(rank);
        let parts: Vec<Tensor> = (0..1 + random.below(3))
            .map(|_| {
                let mut shape = shape.clone();
                shape[axis] = random.below(4);
                if random.below(2) == 0 {
                    with_gaps(&mut random, dtype, &shape)
                } else {
                    counted(dtype, &shape, random.below(8) as i64)
                }
            })
            .collect();
        let joined = Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis).expect("alike");
        for index in indices(joined.shape()) {
            let mut inside = index.clone();
            let mut part = 0;
            while inside[axis] >= parts[part].shape()[axis] {
                inside[axis] -= parts[part].shape()[axis];
                part += 1;
            }
            assert_eq!(element(&joined, &index), element(&parts[part], &inside));
        }

        let rows: Vec<Tensor> = (0..1 + random.below(3))
            .map(|_| with_gaps(&mut random, dtype, &shape))
            .collect();
        let axis = random.below(rank + 1);
        let stacked = Tensor::stack(&rows.iter().collect::<Vec<_>>(), axis).expect("alike");
        for mut index in indices(stacked.shape()) {
            let found = element(&stacked, &index);
            let row = index.remove(axis);
            assert_eq!(found, element(&rows[row], &index));
        }
    }
}

#[test]
fn bytes_of_a_view_are_those_of_its_elements() {
    let mut random = Random::new(5);
    for dtype in DType::ALL {
        for _ in 0..60 {
            let shape: Vec<usize> = (0..1 + random.below(3)).map(|_| random.below(4)).collect();
            let view = with_gaps(&mut random, dtype, &shape);
            let packed = view.packed().expect("memory");
            assert!(packed.packed_bytes().is_some());
            assert_eq!(values(&packed), values(&view));
            assert_eq!(
                packed.packed_bytes().expect("packed"),
                &*view.to_bytes().expect("memory")
            );
        }
    }
}

#[test]
fn views_and_reshapes_share_and_casts_do_not() {
    let tensor = counted(DType::F32, &[4, 6], 0);
    let reshaped = tensor.reshape(&[2, -1]).expect("fits");
    assert!(reshaped.storage().is_same(tensor.storage()));
    assert!(
        tensor
            .slice(1, 2, 2, 2)
            .expect("inside")
            .storage()
            .is_same(tensor.storage())
    );
    let gaps = tensor.slice(1, 0, 3, 2).expect("inside");
    assert!(
        !gaps
            .reshape(&[12])
            .expect("fits")
            .storage()
            .is_same(tensor.storage())
    );
    let cast = tensor.cast(DType::I8).expect("memory");
    assert_eq!(values(&cast), values(&tensor));
    assert!(
        tensor
            .cast(DType::F32)
            .expect("memory")
            .storage()
            .is_same(tensor.storage())
    );
}

#[test]
fn bytes_at_odd_places_are_moved_and_too_few_are_refused() {
    let storage = Storage::filled(12, |bytes| {
        bytes.copy_from_slice(b"\0\x01\0\0\0\x02\0\0\0\x03\0\0")
    })
    .expect("small");
    let odd = Tensor::over(DType::I32, &[2], storage.clone(), 1).expect("enough");
    assert_eq!(values(&odd), [1, 2]);
    assert!(!odd.storage().is_same(&storage));
    assert!(Tensor::over(DType::I32, &[3], storage.clone(), 1).is_err());
    assert!(Tensor::over(DType::I32, &[1], storage.clone(), usize::MAX).is_err());
    let error = Tensor::over(DType::I32, &[4], storage, 0)
        .expect_err("too few")
        .to_string();
    assert!(
        error.contains("needs 16 bytes") && error.contains("there are 12"),
        "{error}"
    );
}
