#!/usr/bin/env python3
"""DICOM to FHIR on Apache Spark: a list of paths in, NDJSON out.

    spark-submit examples/spark/job.py PATHS OUTPUT [OPTIONS OF ASSEMBLE...]

PATHS is a text file or folder of paths, one a line, from `find` or a storage inventory. Every executor must see the
files under these paths, and have `dcm2fhir` on its PATH, or at DCM2FHIR. Use ten thousand paths or more a task.

checkCode=True must never be left out. It fails the task of a program that fails, and Spark retries the task
(spark.task.maxFailures). With PySpark's default, False, the lines that a killed program wrote would count as complete,
and the job would succeed with studies missing.

--allow-empty lets a task without paths or studies succeed. A task that is retried, or runs twice by speculation, does
no harm: duplicate lines are harmless, and Spark takes the output of one try. A study is one group, whatever its size: a
million instances are about 60 MB of lines, so no salting is needed; give executors memory for the largest study.
Documents that depend on other studies (--format bundle and --references contained with identifier systems) are refused
with exit code 2, as a task sees only some studies: use `scan -o records/` and `assemble records/ --partition K/N` for
these.
"""

import os
import shlex
import sys

from pyspark.sql import SparkSession


def command(*words):
    return " ".join(map(shlex.quote, words))


def main():
    paths, output, *options = sys.argv[1:]
    program = os.environ.get("DCM2FHIR", "dcm2fhir")
    tasks = int(os.environ.get("DCM2FHIR_TASKS", "0"))
    spark = SparkSession.builder.appName("dcm2fhir").getOrCreate()
    lists = spark.sparkContext.textFile(paths)
    if tasks:
        lists = lists.repartition(tasks)
    lines = lists.pipe(command(program, "scan", "-q", "--files-from", "-", "-o", "-", "--allow-empty"), checkCode=True)
    by_study = lines.map(lambda line: tuple(line.split("\t", 1)))
    together = by_study.repartitionAndSortWithinPartitions(tasks or None)
    assemble = command(program, "assemble", "-q", "-", "-o", "-", "--allow-empty", *options)
    together.map("\t".join).pipe(assemble, checkCode=True).saveAsTextFile(output)
    spark.stop()


if __name__ == "__main__":
    main()
