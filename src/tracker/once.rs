//! Answers that are asked for once per tick, whoever asks first.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::service_error::ServiceError;

/// The place of one answer: whoever comes second waits for whoever asks.
type Cell<V> = Arc<OnceLock<Result<V, ServiceError>>>;

/// Answers by what was asked about; failures too, so that nothing is asked twice.
#[derive(Debug)]
pub(super) struct Asked<K, V>(Mutex<HashMap<K, Cell<V>>>);

impl<K, V> Default for Asked<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Asked<K, V> {
    /// Returns the answer, and asks when nobody has.
    pub(super) fn once(
        &self,
        key: &K,
        ask: impl FnOnce() -> Result<V, ServiceError>,
    ) -> Result<V, ServiceError> {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key.clone()).or_default())
        };
        cell.get_or_init(ask).clone()
    }

    /// Forgets an answer.
    pub(super) fn forget(&self, key: &K) {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.remove(key);
    }
}
