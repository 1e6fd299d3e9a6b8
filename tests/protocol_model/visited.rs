//! The set of fingerprints that the search has seen, in the order in which it saw them.
//!
//! A plain open-addressed table: tests are built without optimisation, where the standard map is several times slower.

use super::state::Fingerprint;

/// Fingerprints by their number of arrival.
pub struct Visited {
    fingerprints: Vec<Fingerprint>,
    /// One more than the number of arrival, or zero. Its length is a power of two.
    table: Vec<u32>,
}

impl Visited {
    pub fn new() -> Self {
        Self {
            fingerprints: Vec::new(),
            table: vec![0; 1 << 16],
        }
    }

    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    pub fn fingerprint(&self, number: u32) -> Fingerprint {
        self.fingerprints[number as usize]
    }

    /// Adds a fingerprint.
    pub fn insert(&mut self, fingerprint: Fingerprint) -> Arrival {
        if (self.fingerprints.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let place = self.place_of(fingerprint);
        if self.table[place] != 0 {
            return Arrival::Known(self.table[place] - 1);
        }
        let number = u32::try_from(self.fingerprints.len()).expect("fewer states than that");
        self.fingerprints.push(fingerprint);
        self.table[place] = number + 1;
        Arrival::New(number)
    }

    /// The place of a fingerprint, or the free one where it belongs.
    fn place_of(&self, fingerprint: Fingerprint) -> usize {
        let last = self.table.len() - 1;
        let mut place = fingerprint as usize & last;
        loop {
            let entry = self.table[place];
            if entry == 0 || self.fingerprints[entry as usize - 1] == fingerprint {
                return place;
            }
            place = (place + 1) & last;
        }
    }

    fn grow(&mut self) {
        self.table = vec![0; self.table.len() * 4];
        for number in 0..self.fingerprints.len() {
            let place = self.place_of(self.fingerprints[number]);
            self.table[place] = number as u32 + 1;
        }
    }
}

/// Whether a fingerprint was seen before, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    New(u32),
    Known(u32),
}

impl Arrival {
    pub const fn number(self) -> u32 {
        match self {
            Self::New(number) | Self::Known(number) => number,
        }
    }

    pub const fn is_new(self) -> bool {
        match self {
            Self::New(_) => true,
            Self::Known(_) => false,
        }
    }
}
