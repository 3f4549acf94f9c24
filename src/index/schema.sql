-- What was read of an archive, and what was made of it. All of it is patient data: the file is for its owner only.
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
-- The inputs by the names that they were given under, so that one folder never comes twice.
CREATE TABLE root (given BLOB PRIMARY KEY, absolute BLOB NOT NULL, real BLOB NOT NULL) WITHOUT ROWID;
-- mtime is NULL where the folder cannot be trusted without being listed; listed where its files came from a list;
-- digest: the sum of the hashes of all names and stamps, whatever their order, NULL where they have to be
-- compared one by one.
CREATE TABLE folder (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, parent INTEGER, mtime INTEGER, listed INTEGER NOT NULL DEFAULT 0,
    digest BLOB
);
CREATE INDEX folder_parent ON folder (parent);
-- stamp is empty where the file has to be read again, x'00' where its records were deleted; study where it is one
-- instance, state where it is anything else.
CREATE TABLE file (
    folder INTEGER NOT NULL, name BLOB NOT NULL, stamp BLOB NOT NULL, study INTEGER, state BLOB,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX file_state ON file (folder, name) WHERE state IS NOT NULL;
-- digest: the sum of the hashes of the study's records, whatever their order. placed: the digest when it was last found
-- out what of it stands in other studies too.
CREATE TABLE study (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, digest INTEGER NOT NULL, records INTEGER NOT NULL,
    segments INTEGER NOT NULL, placed INTEGER
);
-- The records of a study, in the order of their arrival: the id is study * 2^24 + number.
CREATE TABLE segment (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
-- Where documents went, and what they were told; options is NULL where they all have to be written again.
CREATE TABLE target (id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, options INTEGER);
-- digest: of the study when its document was written; NULL where it has to be written. told: counts and issues.
CREATE TABLE written (
    target INTEGER NOT NULL, study INTEGER NOT NULL, digest INTEGER, across INTEGER, facts BLOB, id TEXT, hash INTEGER,
    told BLOB, PRIMARY KEY (target, study)
) WITHOUT ROWID;
-- The documents beside those of the studies.
CREATE TABLE document (
    target INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, study INTEGER NOT NULL, hash INTEGER NOT NULL,
    PRIMARY KEY (target, type, id)
) WITHOUT ROWID;
CREATE INDEX document_study ON document (target, study);
