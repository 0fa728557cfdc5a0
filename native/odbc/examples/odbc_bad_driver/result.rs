//! Results, and the lies about them.

use super::{NO_DATA, SUCCESS, WITH_INFO};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Content {
    #[default]
    Nothing,
    Rows(i64),
    One(i64),
    Longer(usize),
    Pieces(usize),
    Negative,
    Surplus,
    Empty,
    Half,
}

#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) content: Content,
    row: i64,
    /// Letters of the current value that were given.
    pub(crate) given: usize,
}

impl Answer {
    pub(crate) fn new(content: Content) -> Answer {
        Answer {
            content,
            row: -1,
            given: 0,
        }
    }

    /// SQL type and size.
    pub(crate) fn described(&self) -> (i16, usize) {
        match self.content {
            Content::Longer(_) | Content::Negative | Content::Half => (-9, 10),
            Content::Pieces(_) => (-10, 0),
            _ => (-5, 19),
        }
    }

    pub(crate) fn advance(&mut self) -> bool {
        let rows = match self.content {
            Content::Rows(rows) => rows,
            Content::Nothing | Content::Empty => 0,
            _ => 1,
        };
        self.row += 1;
        self.given = 0;
        self.row < rows
    }

    pub(crate) fn is_empty_by_lie(&self) -> bool {
        self.content == Content::Empty
    }

    pub(crate) fn claimed(&self, rows: usize) -> usize {
        match self.content {
            Content::Surplus => usize::MAX / 2,
            _ => rows,
        }
    }

    /// Writes what fits of the current value.
    pub(crate) unsafe fn piece(&mut self, to: *mut u8, room: usize, length: &mut isize) -> i16 {
        let number = match self.content {
            Content::Rows(_) | Content::Surplus => Some(self.row),
            Content::One(number) => Some(number),
            _ => None,
        };
        if let Some(number) = number {
            unsafe { to.cast::<i64>().write_unaligned(number) };
            *length = 8;
            return SUCCESS;
        }
        let total = match self.content {
            Content::Longer(total) | Content::Pieces(total) => total,
            Content::Negative => {
                *length = -7;
                return SUCCESS;
            }
            _ => 1,
        };
        let left = total - self.given;
        if left == 0 && self.given > 0 {
            return NO_DATA;
        }
        let count = left.min(room / 2 - 1);
        let letter = if self.content == Content::Half {
            0xd800
        } else {
            0x4e2d
        };
        for at in 0..count {
            unsafe { to.cast::<u16>().add(at).write_unaligned(letter) };
        }
        unsafe { to.cast::<u16>().add(count).write_unaligned(0) };
        self.given += count;
        *length = match self.content {
            Content::Pieces(_) if count < left => -4,
            _ => left as isize * 2,
        };
        if count < left { WITH_INFO } else { SUCCESS }
    }
}
