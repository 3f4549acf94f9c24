//! A catalog as Apache Parquet: every value as it is, dates as dates, what is absent as null.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::column::{Cell, Column, Kind};
use super::{Catalog, Rows, TableWriter};
use crate::error::Error;
use crate::options::FileMode;

/// Rows that are held before they become a row group, at most.
const MAX_ROWS: usize = 100_000;
/// Bytes of text in them, at most: a header can hold long values.
const MAX_BYTES: usize = 32 * 1024 * 1024;

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
    /// For each row 1, or 0 where it has no value.
    levels: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Date(Vec<i32>),
    Number(Vec<i64>),
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

impl Catalog {
    /// A catalog as Parquet on standard output, or in a file that is there when it is whole.
    pub fn parquet(path: Option<&Path>, rows: Rows, mode: FileMode) -> std::result::Result<Catalog, Error> {
        if path.is_none() && io::stdout().is_terminal() {
            return Err(Error::Usage("a terminal shows no Parquet: give -o catalog.parquet".to_string()));
        }
        Catalog::open(path, rows, mode, |place, columns| Ok(Box::new(Parquet::new(place, columns)?)))
    }
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
    fn new(kind: Kind) -> Held {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Date => Values::Date(Vec::new()),
            Kind::Number => Values::Number(Vec::new()),
        };
        Held { values, levels: Vec::new() }
    }

    /// Takes a value, and gives the bytes of its text.
    fn push(&mut self, cell: &Cell) -> usize {
        let mut bytes = 0;
        let is_there = match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(text)) => {
                bytes = text.len();
                values.push(text.as_str().into());
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
                column.typed::<ByteArrayType>().write_batch(&std::mem::take(values), Some(&levels), None)?
            }
            Values::Date(values) => {
                column.typed::<Int32Type>().write_batch(&std::mem::take(values), Some(&levels), None)?
            }
            Values::Number(values) => {
                column.typed::<Int64Type>().write_batch(&std::mem::take(values), Some(&levels), None)?
            }
        };
        column.close()
    }
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        Kind::Number => (PhysicalType::INT64, None),
    };
    let builder = Type::primitive_type_builder(column.name, physical);
    builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()
}

/// What the system said, where it did: a pipe that was closed is no fault.
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
    use crate::output::catalog::column::columns;

    #[test]
    fn a_table_of_several_row_groups_reads_back() {
        let columns = columns(Rows::Study);
        let columns = [columns[0], columns[3], columns[7]];
        let mut table = Box::new(Parquet::new(Vec::new(), &columns).unwrap());
        for number in 0..250_000 {
            let id = if number % 2 == 0 { Cell::Text(format!("=P{number}")) } else { Cell::Empty };
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
        assert_eq!(std::iter::from_fn(next).count(), 249_998);
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let table = Box::new(Parquet::new(Vec::new(), &columns(Rows::Series)).unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(table.finish().unwrap())).unwrap();
        let metadata = reader.metadata().file_metadata();
        assert_eq!((metadata.num_rows(), metadata.schema_descr().num_columns()), (0, 19));
    }
}
