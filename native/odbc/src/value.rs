//! Values in and out, and batches of rows, without ODBC and without PHP.
//!
//! A batch is one arena of bytes and a cell of 16 bytes for each value: two allocations for
//! hundreds of rows. Invariant: a `Bytes` cell lies inside its batch's arena.

/// What goes into a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// Text, in UTF-8.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// An exact number in decimal notation.
    Decimal(String),
    /// `YYYY-MM-DD`
    Date(String),
    /// `HH:MM:SS`
    Time(String),
    /// `YYYY-MM-DD HH:MM:SS[.fraction]`
    Timestamp(String),
}

impl Parameter {
    /// A number for its type.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Parameter::Null => 0,
            Parameter::Bool(_) => 1,
            Parameter::Int(_) => 2,
            Parameter::Float(_) => 3,
            Parameter::Text(_) => 4,
            Parameter::Binary(_) => 5,
            Parameter::Decimal(_) => 6,
            Parameter::Date(_) => 7,
            Parameter::Time(_) => 8,
            Parameter::Timestamp(_) => 9,
        }
    }
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// Text in UTF-8, or bytes: start and length in the arena.
    Bytes(u32, u32),
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As the database names it.
    pub name: String,
    /// The name of its SQL type, in ODBC's words.
    pub kind: &'static str,
    /// Characters, or digits.
    pub size: usize,
    /// Digits after the point.
    pub scale: i16,
    /// May it be NULL? `None`: the driver does not know.
    pub nullable: Option<bool>,
}

/// Some rows of a result.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    width: usize,
    cells: Vec<Cell>,
    arena: Vec<u8>,
}

impl Batch {
    /// Without rows, for so many columns.
    pub fn new(width: usize) -> Batch {
        Batch {
            width,
            ..Batch::default()
        }
    }

    /// Rows in it.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.width.max(1)
    }

    /// The cells of a row; empty beyond the last.
    pub fn row(&self, row: usize) -> &[Cell] {
        let from = row * self.width;
        self.cells.get(from..from + self.width).unwrap_or_default()
    }

    /// The bytes of a cell of this batch.
    pub fn bytes(&self, from: u32, length: u32) -> &[u8] {
        let from = from as usize;
        self.arena
            .get(from..from + length as usize)
            .unwrap_or_default()
    }

    /// Memory that it takes.
    pub fn size(&self) -> usize {
        self.cells.len() * size_of::<Cell>() + self.arena.len()
    }

    /// Appends a value that needs no bytes.
    pub fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    /// Appends a value of bytes. False: the arena is full (4 GiB), and nothing was appended.
    #[must_use]
    pub fn push_bytes(&mut self, bytes: &[u8]) -> bool {
        let from = self.arena.len();
        self.arena.extend_from_slice(bytes);
        self.close_bytes(from)
    }

    /// The arena, for who writes a value there piece by piece and then says
    /// [`Batch::close_bytes`].
    pub fn arena(&mut self) -> &mut Vec<u8> {
        &mut self.arena
    }

    /// What was written to the arena since `from` is a value.
    #[must_use]
    pub fn close_bytes(&mut self, from: usize) -> bool {
        let (start, length) = (u32::try_from(from), self.arena.len().checked_sub(from));
        match (start, length.map(u32::try_from)) {
            (Ok(start), Some(Ok(length))) if self.arena.len() <= u32::MAX as usize => {
                self.cells.push(Cell::Bytes(start, length));
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_again() {
        let mut batch = Batch::new(2);
        batch.push(Cell::Int(1));
        assert!(batch.push_bytes("é".as_bytes()));
        batch.push(Cell::Null);
        assert!(batch.push_bytes(b""));
        assert_eq!(batch.rows(), 2);
        let [Cell::Int(1), Cell::Bytes(from, length)] = batch.row(0) else {
            panic!("{:?}", batch.row(0));
        };
        assert_eq!(batch.bytes(*from, *length), "é".as_bytes());
        assert_eq!(batch.row(1), [Cell::Null, Cell::Bytes(2, 0)]);
        assert!(batch.row(2).is_empty());
        assert!(batch.bytes(7, 7).is_empty());
    }
}
