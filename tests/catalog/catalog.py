#!/usr/bin/env python3
"""Reads catalogs back with DuckDB and pandas: what they hold is what the headers hold, CSV and Parquet say the same,
and the README's questions are answered.

usage: tests/catalog/catalog.py BINARY [ARCHIVE...]     testdata/dicom and a synthetic archive, and these
needs: tests/catalog/requirements.txt
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas

PROJECT = Path(__file__).resolve().parents[2]
DATES = ["StudyDate", "SeriesDate"]
NUMBERS = ["SeriesNumber", "InstanceNumber", "seriesCount", "instanceCount", "bytes"]
# What the CSV has in front of what a spreadsheet would run.
DEFUSED = re.compile(r"(^|;)(\s*)'('*[=+\-@＝＋－＠])")


def written(binary, archive, folder, rows):
    for ending in ["csv", "parquet"]:
        path = folder / f"{rows}.{ending}"
        command = [binary, "convert", archive, "-o", path, "--rows", rows, "--quiet"]
        code = subprocess.run(command, stderr=subprocess.DEVNULL).returncode
        assert code in (0, 1), f"{archive}: exit code {code}"
        yield path


def typed(frame):
    """A frame in which both formats have the same types, and an absent value is None."""
    frame = frame.copy()
    for name in frame.columns:
        if name in NUMBERS:
            frame[name] = pandas.to_numeric(frame[name]).astype("Int64")
        elif name in DATES:
            # Days beyond the nanoseconds of pandas stay as text.
            frame[name] = frame[name].map(lambda day: None if pandas.isna(day) else str(day)[:10])
        else:
            frame[name] = frame[name].map(lambda text: None if pandas.isna(text) else DEFUSED.sub(r"\1\2\3", str(text)))
    return frame.astype(object).where(frame.notna(), None)


def check(binary, archive, rows):
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = written(binary, archive, Path(folder), rows)
        by_pandas = typed(pandas.read_csv(csv, dtype=str, keep_default_na=False, na_values=[""]))
        arrow = pandas.read_parquet(parquet)
        assert typed(arrow).equals(by_pandas), f"{archive}, {rows}: {typed(arrow).compare(by_pandas)}"
        by_duckdb = duckdb.sql(f"FROM read_csv('{csv}', all_varchar = true, header = true)").fetchall()
        assert len(by_duckdb) == len(arrow)
        duck = duckdb.sql(f"FROM '{parquet}'")
        kinds = dict(zip(duck.columns, map(str, duck.types)))
        for name, kind in kinds.items():
            want = "DATE" if name in DATES else "BIGINT" if name in NUMBERS else "VARCHAR"
            assert kind == want, f"{name}: {kind}"
        rows_of = lambda values: [[None if pandas.isna(value) else str(value) for value in row] for row in values]
        assert rows_of(duck.fetchall()) == rows_of(typed(arrow).values.tolist()), f"{archive}, {rows}"
        return arrow


def consistent(binary, archive):
    """The three tables count the same."""
    studies, series, instances = (check(binary, archive, rows) for rows in ["study", "series", "instance"])
    assert series["instanceCount"].sum() == len(instances) == studies["instanceCount"].sum()
    # One series can stand in several studies.
    key = ["StudyInstanceUID", "SeriesInstanceUID"]
    assert studies["seriesCount"].sum() == len(series) == len(series[key].drop_duplicates())
    assert studies["StudyInstanceUID"].is_unique and set(series["StudyInstanceUID"]) <= set(studies["StudyInstanceUID"])
    assert instances.groupby(key).size().to_dict() == series.set_index(key)["instanceCount"].to_dict()
    sums = instances.groupby(key)["bytes"].sum().to_dict()
    known = series.dropna(subset=["bytes"]).set_index(key)["bytes"].to_dict()
    assert all(sums[uids] == bytes for uids, bytes in known.items())
    print(f"{archive}: {len(studies)} studies, {len(series)} series, {len(instances)} instances")
    return series


def questions(binary, archive):
    """The README's questions."""
    text = (PROJECT / "README.md").read_text()
    asked = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(asked) == 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.parquet"
        subprocess.run([binary, "convert", archive, "-o", path, "--quiet"], check=True)
        for question in asked[0].replace("catalog.parquet", str(path)).split(";\n"):
            if question.strip():
                answer = duckdb.sql(question)
                assert len(answer) > 0, question
                print(answer)


def main():
    binary = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        synthetic = Path(folder) / "archive"
        subprocess.run([binary, "synth", "-o", synthetic, "--studies", "60", "--quiet"], check=True)
        for archive in [PROJECT / "testdata" / "dicom", synthetic, *map(Path, sys.argv[2:])]:
            consistent(binary, archive)
        questions(binary, synthetic)


if __name__ == "__main__":
    main()
