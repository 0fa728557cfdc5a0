//! Rows, fetched in blocks: the driver writes columns of many rows in one call.
//!
//! A column that is wide, or of unknown width, cannot lie in a block. It is fetched value by
//! value, which drivers allow for the columns behind the last one that is bound, and for one
//! row at a time. So the first such column ends the block, and makes it a row high.
//!
//! A driver may find that a value is longer than it said. It is then asked again, where it can
//! be (`SQL_GETDATA_EXTENSIONS`). Where it cannot, columns of variable length are not put in
//! blocks, unless the pool's user vouches for the driver.

use super::abi::{self, Len, succeeded};
use super::describe::{Form, Plan};
use super::long::{self, Piece};
use super::statement::Statement;
use crate::charset::{Charset, append_narrow, append_wide};
use crate::failure::Failure;
use crate::limits::{BLOCK_BYTES, BLOCK_ROWS};
use crate::value::{Batch, Cell};
use tusk_runtime::error::Kind;

pub(super) const FETCH: &str = "fetch rows";

/// The cells of a bound column.
struct Bound {
    /// In words of eight bytes, so that numbers in it are aligned.
    data: Vec<u64>,
    width: usize,
    lengths: Box<[Len]>,
}

impl Bound {
    fn cell(&self, row: usize) -> &[u8] {
        // SAFETY: any bytes are valid, and the vector has at least as many.
        let bytes = unsafe {
            std::slice::from_raw_parts(self.data.as_ptr().cast::<u8>(), self.data.len() * 8)
        };
        &bytes[row * self.width..(row + 1) * self.width]
    }
}

/// See the module's description.
pub(super) struct Block {
    plans: Vec<Plan>,
    /// Of the first columns; the others are fetched value by value.
    bound: Vec<Bound>,
    rows: usize,
    /// Can the driver be asked again for a bound value?
    asks_again: bool,
    charset: Charset,
    status: Box<[u16]>,
    fetched: Box<usize>,
    piece: Piece,
}

impl Block {
    /// Binds what can be bound.
    pub(super) fn open(
        statement: &Statement<'_>,
        plans: Vec<Plan>,
        trusted: bool,
    ) -> Result<Block, Failure> {
        let abilities = statement.connection.getdata_extensions();
        let in_blocks = abilities & abi::GD_BLOCK != 0 && abilities & abi::GD_BOUND != 0;
        let of_rows = abilities & abi::GD_BOUND != 0;
        let short = plans.iter().take_while(|plan| {
            plan.width.is_some() && (plan.form.fixed_size().is_some() || of_rows || trusted)
        });
        let short = short.count();
        let varies = plans.iter().any(|plan| plan.form.fixed_size().is_none());
        let width: usize = plans[..short].iter().filter_map(|plan| plan.width).sum();
        let wanted = if short < plans.len() || (varies && !in_blocks && !trusted) {
            1
        } else {
            (BLOCK_BYTES / (width + short * size_of::<Len>()).max(1)).clamp(1, BLOCK_ROWS)
        };
        let mut block = Block {
            bound: Vec::with_capacity(short),
            rows: wanted,
            asks_again: false,
            charset: statement.connection.charset,
            status: vec![abi::ROW_SUCCESS; wanted].into(),
            fetched: Box::new(0),
            piece: Piece::default(),
            plans,
        };
        block.ask_for_blocks(statement);
        block.asks_again = in_blocks || (of_rows && block.rows == 1);
        for index in 0..short {
            block.bind(statement, index)?;
        }
        Ok(block)
    }

    /// Tells the driver how high a block is; one row if it cannot.
    fn ask_for_blocks(&mut self, statement: &Statement<'_>) {
        if self.rows == 1 {
            return;
        }
        // 0 is SQL_BIND_BY_COLUMN.
        statement.set(abi::ATTR_ROW_BIND_TYPE, 0);
        let status = self.status.as_mut_ptr().cast();
        let fetched = (&raw mut *self.fetched).cast();
        // "Success with info" says that another number was taken; one row is always right.
        let taken = statement.set(abi::ATTR_ROW_ARRAY_SIZE, self.rows) == abi::SUCCESS
            && succeeded(statement.set_pointer(abi::ATTR_ROW_STATUS_PTR, status))
            && succeeded(statement.set_pointer(abi::ATTR_ROWS_FETCHED_PTR, fetched));
        if !taken {
            statement.set(abi::ATTR_ROW_ARRAY_SIZE, 1);
            self.rows = 1;
        }
    }

    /// The statement forgets where a block's status and height are; its columns are unbound already.
    pub(super) fn release(self, statement: &Statement<'_>) {
        if self.rows > 1 {
            statement.set_pointer(abi::ATTR_ROW_STATUS_PTR, std::ptr::null_mut());
            statement.set_pointer(abi::ATTR_ROWS_FETCHED_PTR, std::ptr::null_mut());
            statement.set(abi::ATTR_ROW_ARRAY_SIZE, 1);
        }
    }

    fn bind(&mut self, statement: &Statement<'_>, index: usize) -> Result<(), Failure> {
        let plan = &self.plans[index];
        let width = plan.width.unwrap_or(1);
        let mut bound = Bound {
            data: vec![0; (self.rows * width).div_ceil(8).max(1)],
            width,
            lengths: vec![0; self.rows].into(),
        };
        // SAFETY: both buffers have room for `rows` values of this width, and stay where they
        // are, in this block, until the statement's handle is freed.
        let result = unsafe {
            (statement.connection.library.functions.bind_col)(
                statement.handle,
                index as u16 + 1,
                plan.form.c_type(self.charset),
                bound.data.as_mut_ptr().cast(),
                width as Len,
                bound.lengths.as_mut_ptr(),
            )
        };
        self.bound.push(bound);
        statement.check(result, FETCH)
    }

    /// The next block.
    pub(super) fn fetch(
        &mut self,
        statement: &Statement<'_>,
        to: &mut Batch,
    ) -> Result<bool, Failure> {
        *self.fetched = 0;
        // SAFETY: the statement is alive, and so are the buffers it writes to.
        let result = unsafe { (statement.connection.library.functions.fetch)(statement.handle) };
        if result == abi::NO_DATA {
            return Ok(false);
        }
        statement.check(result, FETCH)?;
        let rows = match self.rows {
            1 => 1,
            most => (*self.fetched).min(most),
        };
        if rows == 0 {
            return Err(lie("it says that there are rows, and gave none"));
        }
        for row in 0..rows {
            match self.status[row] {
                _ if self.rows == 1 => {}
                abi::ROW_NOROW => break,
                abi::ROW_ERROR => statement.check(-1, FETCH)?,
                _ => {}
            }
            for column in 0..self.plans.len() {
                self.take(statement, row, column, to)?;
            }
        }
        Ok(true)
    }

    fn take(
        &mut self,
        statement: &Statement<'_>,
        row: usize,
        column: usize,
        to: &mut Batch,
    ) -> Result<(), Failure> {
        let form = self.plans[column].form;
        let Some(bound) = self.bound.get(column) else {
            let value = self.piece.fetch(statement, column, form, self.charset)?;
            return append(form, value, self.charset, to);
        };
        let cell = bound.cell(row);
        let length = bound.lengths[row];
        let room = form
            .fixed_size()
            .unwrap_or(cell.len().saturating_sub(form.terminator(self.charset)));
        let value = match length {
            abi::NULL_DATA => None,
            // The length of a number means nothing, and drivers leave it as it was.
            _ if form.fixed_size().is_some() && length >= 0 => Some(cell),
            _ if length >= 0 && length as usize <= room => Some(&cell[..length as usize]),
            abi::NO_TOTAL | 0.. => return self.ask_again(statement, row, column, to),
            _ => {
                return Err(lie(&format!("it gives the length of a value as {length}")));
            }
        };
        append(form, value, self.charset, to)
    }

    /// A bound value did not fit.
    fn ask_again(
        &mut self,
        statement: &Statement<'_>,
        row: usize,
        column: usize,
        to: &mut Batch,
    ) -> Result<(), Failure> {
        let plan = &self.plans[column];
        if !self.asks_again {
            return Err(lie(&format!(
                "it says that values of column {:?} have at most {} characters, and one is longer; open the pool \
                 without the option \"blocks\"",
                plan.column.name, plan.column.size
            )));
        }
        if self.rows > 1 {
            // SAFETY: the statement is alive and has a row of this number.
            let result = unsafe {
                (statement.connection.library.functions.set_pos)(
                    statement.handle,
                    row + 1,
                    abi::POSITION,
                    abi::LOCK_NO_CHANGE,
                )
            };
            statement.check(result, FETCH)?;
        }
        let form = plan.form;
        let value = self.piece.fetch(statement, column, form, self.charset)?;
        append(form, value, self.charset, to)
    }
}

/// The driver contradicts itself.
#[cold]
pub(super) fn lie(what: &str) -> Failure {
    Failure::of(
        Kind::Protocol,
        FETCH,
        format!("the driver contradicts itself: {what}"),
    )
}

/// Puts a value into the batch.
fn append(
    form: Form,
    value: Option<&[u8]>,
    charset: Charset,
    to: &mut Batch,
) -> Result<(), Failure> {
    let Some(bytes) = value else {
        to.push(Cell::Null);
        return Ok(());
    };
    let from = to.arena().len();
    let valid = match form {
        Form::Int | Form::Float | Form::Bit => {
            to.push(long::number(form, bytes));
            return Ok(());
        }
        Form::Binary => {
            to.arena().extend_from_slice(bytes);
            true
        }
        Form::Date | Form::Time | Form::Timestamp => long::write_moment(form, bytes, to.arena()),
        Form::Text | Form::Unsigned => text(bytes, charset, to.arena()),
    };
    if !valid {
        return Err(lie(&format!(
            "a value is not valid {}; name the charset of the driver by the option \"charset\"",
            charset.name()
        )));
    }
    if form == Form::Unsigned {
        let text = std::str::from_utf8(&to.arena()[from..]).ok();
        if let Some(number) = text.and_then(|text| text.parse().ok()) {
            to.arena().truncate(from);
            to.push(Cell::Int(number));
            return Ok(());
        }
    }
    if to.close_bytes(from) {
        Ok(())
    } else {
        Err(Failure::of(Kind::Overloaded, FETCH, "a batch of 4 GiB"))
    }
}

fn text(bytes: &[u8], charset: Charset, to: &mut Vec<u8>) -> bool {
    match charset {
        Charset::Narrow(encoding) => append_narrow(bytes, encoding, to),
        Charset::Wide => {
            // SAFETY: any two bytes are a unit; what is not aligned is left over and seen below.
            let (before, units, after) = unsafe { bytes.align_to::<u16>() };
            before.is_empty() && after.is_empty() && append_wide(units, to)
        }
    }
}
