//! Where a scan stands among the wanted attributes of a data set.

use crate::dicom::wanted::Child;

/// The longest value that is taken.
pub const MAX_VALUE_BYTES: u32 = 64 << 10;

/// A place in the wanted attributes of a data set, which moves along with the elements.
pub(super) struct Cursor<'a> {
    pub(super) children: &'a [Child],
    /// The first child that is not passed yet.
    at: usize,
    /// The number of the element before.
    pub(super) previous: u32,
    /// From this number on, elements are noticed even if they are not wanted.
    pub(super) limit: u32,
    /// The smallest number that is noticed next: that of the child, or the limit.
    pub(super) next: u32,
    pub(super) in_order: bool,
    /// Where the data set's or item's own values begin in the header.
    pub(super) start: usize,
    /// Whether the element does not come behind all others, so that it may have been there already.
    pub(super) is_late: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(children: &'a [Child], limit: u32, start: usize) -> Cursor<'a> {
        let mut cursor = Cursor { children, at: 0, previous: 0, limit, next: 0, in_order: true, start, is_late: false };
        cursor.set_next();
        cursor
    }

    /// Moves to an element and gives what is wanted of it.
    pub(super) fn find(&mut self, found: u32) -> Option<&'a Child> {
        self.is_late = found <= self.previous;
        if self.is_late {
            self.go_back(found);
        }
        self.previous = found;
        let child = self.seek(found);
        if child.is_some() {
            self.leave();
        }
        child
    }

    /// Moves to the first child that is not before an element, and gives it if it is that of the element; then
    /// [`Cursor::leave`] is to follow.
    #[inline(always)]
    pub(super) fn seek(&mut self, found: u32) -> Option<&'a Child> {
        while let Some(child) = self.next_child()
            && child.number <= found
        {
            if child.number == found {
                return Some(child);
            }
            self.at += 1;
        }
        self.set_next();
        None
    }

    /// Moves behind a child.
    #[inline(always)]
    pub(super) fn leave(&mut self) {
        self.at += 1;
        self.set_next();
    }

    #[cold]
    pub(super) fn go_back(&mut self, found: u32) {
        self.in_order &= found == self.previous;
        self.at = self.children.partition_point(|child| child.number < found);
    }

    #[inline(always)]
    pub(super) fn next_child(&self) -> Option<&'a Child> {
        self.children.get(self.at)
    }

    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        self.set_next();
    }

    #[inline(always)]
    pub(super) fn set_next(&mut self) {
        self.next = self.next_child().map_or(self.limit, |child| child.number.min(self.limit));
    }
}

/// Whether a value is a sequence after all, in either byte order.
pub(super) fn starts_with_item(value: &[u8]) -> bool {
    value.starts_with(b"\xFE\xFF\x00\xE0") || value.starts_with(b"\xFF\xFE\xE0\x00")
}
