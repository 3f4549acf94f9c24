#!/usr/bin/env python3
"""The examples under GNU parallel, Slurm and Apache Spark come to what `convert` does, whatever fails on the way.

    tests/scale/engines.py

Exit code 3 where an engine is not installed, which is then named. Slurm and AWS Batch have no scheduler here: their
scripts and commands are run one after the other, as tasks of an array. Spark needs pyspark and Java; DCM2FHIR names the
program. Spark runs over eight lists of 2,000 files and a broken one: plain; with a program that dies half way once in
each step; with each list twice; and by SQL.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DCM2FHIR", str(ROOT / "target/debug/dcm2fhir"))

# Dies half way through the first time that it runs with this command.
DYING = """#!/bin/sh
if mkdir "{work}/died-$1" 2>/dev/null; then
    "{program}" "$@" | head -c 1000
    exit 3
fi
exec "{program}" "$@"
"""


def run(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr[-4000:]}")
    return done


def archive(work):
    folder = work / "an archive"
    run(PROGRAM, "synth", "-o", folder, "--studies", 150, "--seed", 3, "-q")
    files = sorted(folder.rglob("*.dcm"))[:2000]
    (folder / "broken.dcm").write_bytes(files[0].read_bytes()[:300])
    return folder


def under_parallel(work, folder, want):
    if not shutil.which("parallel"):
        return False
    out = work / "parallel"
    environment, report = os.environ | {"DCM2FHIR": PROGRAM}, work / "the report-{}.json"
    run(ROOT / "examples/parallel/run.sh", folder, out, "--fhir", "r4", "--report", report, env=environment)
    same_documents("GNU parallel", out, want)
    broken = [one for one in work.glob("the report-*.json") if "broken.dcm" in one.read_text()]
    assert broken and len(list(work.glob("the report-*.json"))) == 8, "reports"
    assert not list(work.glob("parallel.records.*")), "records are left"
    return True


def on_path(place):
    """An environment whose PATH begins with a folder that has the program, and an `srun` that only starts its command."""
    place.mkdir()
    (place / "dcm2fhir").symlink_to(pathlib.Path(PROGRAM).resolve())
    (place / "srun").write_text('#!/bin/sh\nexec "$@"\n')
    (place / "srun").chmod(0o755)
    return os.environ | {"PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}


def under_slurm(work, folder, want):
    """The scripts of the Slurm example, one after the other: no scheduler runs here."""
    environment, records, out = on_path(work / "slurm-bin"), work / "slurm-records", work / "slurm"
    for script, tasks, words in [("scan", 3, [folder, records, 4]), ("assemble", 4, [records, out, "--fhir", "r4"])]:
        for task in range(1, tasks + 1):
            more = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": str(tasks)}
            run("bash", ROOT / f"examples/slurm/{script}.sbatch", *words, env=environment | more)
    same_documents("Slurm's scripts", out, want)


def under_aws_batch(work, folder, want):
    """The commands of the AWS Batch example, with fewer tasks."""
    environment, data = on_path(work / "aws-bin"), work / "aws"
    data.mkdir()
    (data / "archive").symlink_to(folder)
    scan, assemble = re.findall(r'"(dcm2fhir [^"]+)"', (ROOT / "examples/aws-batch/README.md").read_text())
    scan, assemble = scan.replace("/100", "/3").replace("partitions 64", "partitions 4"), assemble.replace("/64", "/4")
    for command, tasks in [(scan, 3), (assemble, 4)]:
        for task in range(tasks):
            more = {"AWS_BATCH_JOB_ARRAY_INDEX": str(task)}
            run("sh", "-c", command.replace("/data/", f"{data}/"), env=environment | more)
    same_documents("AWS Batch's commands", data / "studies", want)


def same_documents(name, folder, want):
    found = sorted(one.read_text() for one in folder.glob("*.json"))
    assert found == sorted(line + "\n" for line in want), f"{name}: other documents"
    print(f"{name}: {len(found)} documents, equal to convert", flush=True)


def under_spark(work, folder, want):
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return False
    if not shutil.which("java"):
        return False
    lists = work / "lists"
    lists.mkdir()
    files = sorted(map(str, folder.rglob("*.dcm")))
    for number in range(8):
        (lists / f"{number}.txt").write_text("\n".join(files[number::8]) + "\n")
    twice = work / "twice"
    shutil.copytree(lists, twice)
    for one in list(twice.iterdir()):
        shutil.copy(one, twice / f"again-{one.name}")
    dying = work / "dying"
    dying.write_text(DYING.format(work=work, program=PROGRAM))
    dying.chmod(0o755)
    for name, paths, program in [("plain", lists, PROGRAM), ("dying", lists, dying), ("twice", twice, PROGRAM)]:
        out = work / f"spark-{name}"
        submit = [sys.executable, ROOT / "examples/spark/job.py", paths, out, "--fhir", "r4"]
        more = {"DCM2FHIR": str(program), "DCM2FHIR_TASKS": "4", "PYSPARK_PYTHON": sys.executable}
        more["PYSPARK_SUBMIT_ARGS"] = "--master local[2,4] --conf spark.ui.enabled=false pyspark-shell"
        run(*submit, env=os.environ | more)
        found = sorted(line for part in out.glob("part-*") for line in part.read_text().splitlines())
        assert found == sorted(want), f"Spark, {name}: {len(found)} documents, want {len(want)}"
        print(f"Spark, {name}: {len(found)} documents, equal to convert", flush=True)
    under_spark_sql(work, lists, want)
    return True


def under_spark_sql(work, lists, want):
    """`job.sql`, with the program on the PATH and Spark's database of tables in a folder of its own."""
    import pyspark

    home, out, place = pathlib.Path(pyspark.__file__).parent, work / "spark-sql", work / "sql"
    settings = ["--master", "local[2,4]", "--conf", "spark.ui.enabled=false"]
    names = ["--hivevar", f"paths={lists}", "--hivevar", f"output={out}"]
    environment = on_path(place) | {"SPARK_HOME": str(home)}
    job = ROOT / "examples/spark/job.sql"
    run(home / "bin/spark-sql", *settings, "-f", job, *names, env=environment, cwd=place)
    found = sorted(line for part in out.glob("part-*") for line in part.read_text().splitlines())
    assert found == sorted(want), f"Spark SQL: {len(found)} documents, want {len(want)}"
    print(f"Spark SQL: {len(found)} documents, equal to convert", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="engines-") as temporary:
        work = pathlib.Path(temporary)
        folder = archive(work)
        want = run(PROGRAM, "convert", folder, "--fhir", "r4", "-q").stdout.splitlines()
        under_slurm(work, folder, want)
        under_aws_batch(work, folder, want)
        missing = [] if under_parallel(work, folder, want) else ["GNU parallel"]
        missing += [] if under_spark(work, folder, want) else ["Spark (pyspark and Java)"]
    if missing:
        print(f"not here: {', '.join(missing)}")
        sys.exit(3)


if __name__ == "__main__":
    main()
