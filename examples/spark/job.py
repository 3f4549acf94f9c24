#!/usr/bin/env python3
"""DICOM to FHIR on Apache Spark: a list of paths in, NDJSON out.

    spark-submit examples/spark/job.py PATHS OUTPUT [OPTIONS OF ASSEMBLE...]

PATHS is a text file or folder of paths, one a line, as `find` or an inventory of the storage has them; every executor
sees the files under these paths, and has `dcm2fhir`, or DCM2FHIR names it. Ten thousand paths or more a task.

checkCode=True is what makes a program that fails fail its task, which Spark then tries again (spark.task.maxFailures).
PySpark's default is False: the lines that such a program wrote before it died would be taken for all of them, and the
job would end well with studies missing. So it must never be left out.

A task that is tried again, or runs twice by speculation, does no harm: lines may come twice, and Spark takes the output
of one try. A study is one group, whatever its size: a million instances are about 60 MB of lines, so no salting is
needed; give executors memory for the largest study. Documents that depend on other studies (--format bundle and
--references contained with identifier systems) are refused with exit code 2, for a task sees some studies only: use
`scan -o records/` and `assemble records/ --partition K/N` for these.
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
