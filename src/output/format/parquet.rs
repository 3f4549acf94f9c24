//! A catalog as Apache Parquet: text unchanged, dates as dates, absent values as null.

use std::io::{self, Write};
use std::iter::repeat_n;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::output::WholeFile;
use crate::output::catalog::{Cell, CellKind, Column, TableWriter};

/// The most rows of a row group.
const MAX_ROWS: usize = 100_000;
/// The most bytes of text in a row group, as headers can have long values.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Rows that are passed to a column at a time.
const BATCH_ROWS: usize = 1024;

/// Writes Parquet.
pub struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Held>,
    rows: usize,
    bytes: usize,
}

/// The values of one column until they are written.
struct Held {
    values: Values,
    /// The definition level of each row: 1, or 0 without a value.
    levels: Vec<i16>,
}

enum Values {
    Text(Texts),
    Date(Vec<i32>),
    Number(Vec<i64>),
}

/// Concatenated texts. Repeated ones, as of the instances of a series, are stored once.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    /// The end of each text, and its number of repetitions.
    runs: Vec<(usize, usize)>,
}

impl<W: Write + Send> Parquet<W> {
    /// A table with these columns.
    pub fn new(writer: W, columns: &[&Column]) -> io::Result<Parquet<W>> {
        let fields: Result<Vec<TypePtr>> = columns.iter().map(|column| field(column).map(Arc::new)).collect();
        let schema = fields.and_then(|fields| Type::group_type_builder("catalog").with_fields(fields).build());
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_string())
            .build();
        let schema = Arc::new(schema.map_err(failed)?);
        let writer = SerializedFileWriter::new(writer, schema, Arc::new(properties)).map_err(failed)?;
        Ok(Parquet {
            writer,
            columns: columns.iter().map(|column| Held::new(column.kind)).collect(),
            rows: 0,
            bytes: 0,
        })
    }

    fn row_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for held in &mut self.columns {
            if let Some(column) = group.next_column()? {
                held.write(column)?;
            }
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

/// Begins a table in a file.
pub(super) fn table(file: WholeFile, columns: &[&Column]) -> io::Result<Box<dyn TableWriter<WholeFile>>> {
    Ok(Box::new(Parquet::new(file, columns)?))
}

impl<W: Write + Send> TableWriter<W> for Parquet<W> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for (held, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += held.push(cell);
        }
        self.rows += 1;
        if self.rows >= MAX_ROWS || self.bytes >= MAX_BYTES { self.row_group().map_err(failed) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> io::Result<W> {
        self.row_group().and_then(|()| self.writer.into_inner()).map_err(failed)
    }
}

impl Held {
    fn new(kind: CellKind) -> Held {
        let values = match kind {
            CellKind::Text => Values::Text(Texts::default()),
            CellKind::Date => Values::Date(Vec::new()),
            CellKind::Number => Values::Number(Vec::new()),
        };
        Held { values, levels: Vec::new() }
    }

    /// Adds a value, and returns the bytes of its text.
    fn push(&mut self, cell: &Cell) -> usize {
        let mut bytes = 0;
        let is_there = match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(text)) => {
                bytes = values.push(text.as_bytes());
                true
            }
            (Values::Date(values), Cell::Date(days, _)) => {
                values.push(*days);
                true
            }
            (Values::Number(values), Cell::Number(number)) => {
                values.push(*number);
                true
            }
            _ => false,
        };
        self.levels.push(is_there.into());
        bytes
    }

    fn write(&mut self, mut column: SerializedColumnWriter<'_>) -> Result<()> {
        let levels = std::mem::take(&mut self.levels);
        match &mut self.values {
            Values::Text(values) => {
                let mut values = std::mem::take(values).into_iter();
                for levels in levels.chunks(BATCH_ROWS) {
                    let there = levels.iter().filter(|level| **level > 0).count();
                    let batch: Vec<ByteArray> = values.by_ref().take(there).collect();
                    column.typed::<ByteArrayType>().write_batch(&batch, Some(levels), None)?;
                }
            }
            Values::Date(values) => {
                column.typed::<Int32Type>().write_batch(&std::mem::take(values), Some(&levels), None)?;
            }
            Values::Number(values) => {
                column.typed::<Int64Type>().write_batch(&std::mem::take(values), Some(&levels), None)?;
            }
        }
        column.close()
    }
}

impl Texts {
    /// Adds a text, and returns the bytes that it needs.
    fn push(&mut self, text: &[u8]) -> usize {
        let start = self.runs.iter().rev().nth(1).map_or(0, |(end, _)| *end);
        match self.runs.last_mut() {
            Some((_, count)) if self.bytes.get(start..) == Some(text) => {
                *count += 1;
                0
            }
            _ => {
                self.bytes.extend_from_slice(text);
                self.runs.push((self.bytes.len(), 1));
                text.len()
            }
        }
    }

    fn into_iter(self) -> impl Iterator<Item = ByteArray> {
        let all = ByteArray::from(self.bytes);
        let text = move |start: &mut usize, (end, count): (usize, usize)| {
            let text = all.slice(*start, end - *start);
            *start = end;
            Some(repeat_n(text, count))
        };
        self.runs.into_iter().scan(0, text).flatten()
    }
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        CellKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        CellKind::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        CellKind::Number => (PhysicalType::INT64, None),
    };
    let builder = Type::primitive_type_builder(column.name, physical);
    builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()
}

/// The I/O error behind an error, so that a closed pipe is recognized.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => *source,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;
    use crate::output::catalog::{Rows, columns};

    #[test]
    fn a_table_of_several_row_groups_reads_back() {
        let columns = columns(Rows::Study);
        let columns = [columns[0], columns[3], columns[7]];
        let mut table = Box::new(Parquet::new(Vec::new(), &columns).unwrap());
        for number in 0..250_000 {
            let id = if number % 2 == 0 { Cell::Text(format!("=P{}", number / 10)) } else { Cell::Empty };
            table.row(&[id, Cell::Date(number, String::new()), Cell::Number(number.into())]).unwrap();
        }
        let bytes = bytes::Bytes::from(table.finish().unwrap());
        let reader = SerializedFileReader::new(bytes).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 3);
        let mut rows = reader.get_row_iter(None).unwrap();
        let mut next =
            || rows.next().map(|row| row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect());
        let first: Vec<Field> = next().unwrap();
        assert_eq!(first, [Field::Str("=P0".into()), Field::Date(0), Field::Long(0)]);
        assert_eq!(next(), Some(vec![Field::Null, Field::Date(1), Field::Long(1)]));
        for (number, row) in (2..).zip(std::iter::from_fn(next)) {
            let want = if number % 2 == 0 { Field::Str(format!("=P{}", number / 10)) } else { Field::Null };
            assert_eq!(row, [want, Field::Date(number), Field::Long(number.into())]);
        }
    }

    #[test]
    fn a_text_that_repeats_takes_no_room() {
        let mut texts = Texts::default();
        let taken: Vec<usize> =
            ["a", "a", "bc", "", "", "a"].into_iter().map(|text| texts.push(text.as_bytes())).collect();
        assert_eq!(taken, [1, 0, 2, 0, 0, 1]);
        let back: Vec<ByteArray> = texts.into_iter().collect();
        assert_eq!(back, ["a", "a", "bc", "", "", "a"].map(ByteArray::from));
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let table = Box::new(Parquet::new(Vec::new(), &columns(Rows::Series)).unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(table.finish().unwrap())).unwrap();
        let metadata = reader.metadata().file_metadata();
        assert_eq!((metadata.num_rows(), metadata.schema_descr().num_columns()), (0, 19));
    }
}
