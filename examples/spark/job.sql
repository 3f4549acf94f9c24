-- The same without Python: spark-sql -f examples/spark/job.sql --hivevar paths=/lists --hivevar output=/studies
-- A program that exits with another code than 0 fails its task, which Spark retries.
CREATE TEMPORARY VIEW paths (path STRING) USING text OPTIONS (path '${paths}');

CREATE TEMPORARY VIEW records AS
SELECT TRANSFORM(path) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'
    USING 'dcm2fhir scan -q --files-from - -o - --allow-empty'
    AS (study STRING, record STRING) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'
FROM paths;

INSERT OVERWRITE DIRECTORY '${output}' USING text
SELECT TRANSFORM(study, record) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'
    USING 'dcm2fhir assemble -q - -o - --allow-empty --fhir r4'
    AS (line STRING) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\u0001'
FROM (SELECT * FROM records DISTRIBUTE BY study SORT BY study);
