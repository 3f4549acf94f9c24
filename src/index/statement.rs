//! Statements on the database, which stay prepared, and the rows that they give.

use rusqlite::{OptionalExtension, Params, Row};

use super::store::{Fault, Store};

type Read<T> = Result<T, rusqlite::Error>;

impl Store {
    /// Executes a statement; returns how many rows it changed.
    pub fn execute(&self, sql: &str, values: impl Params) -> Result<usize, Fault> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    /// Executes a statement once for each of the values.
    pub fn execute_each<P: Params>(&self, sql: &str, all: impl IntoIterator<Item = P>) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(all.into_iter().try_for_each(|values| statement.execute(values).map(drop))?)
    }

    /// Inserts a row; returns its number.
    pub fn insert(&self, sql: &str, values: impl Params) -> Result<i64, Fault> {
        Ok(self.connection.prepare_cached(sql)?.insert(values)?)
    }

    /// The only row.
    pub fn one<T>(&self, sql: &str, values: impl Params, read: impl FnOnce(&Row<'_>) -> Read<T>) -> Result<T, Fault> {
        Ok(self.connection.prepare_cached(sql)?.query_row(values, read)?)
    }

    /// The first row, if there is one.
    pub fn first<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> Read<T>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.connection.prepare_cached(sql)?.query_row(values, read).optional()?)
    }

    /// All rows.
    pub fn rows<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> Read<T>,
    ) -> Result<Vec<T>, Fault> {
        Ok(self.connection.prepare_cached(sql)?.query_map(values, read)?.collect::<Read<_>>()?)
    }

    /// Calls `each` with every row.
    pub fn each_row(
        &self,
        sql: &str,
        values: impl Params,
        mut each: impl FnMut(&Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }
}

/// The bytes in a column of a row, where they lie.
pub(super) fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8], Fault> {
    Ok(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?)
}
