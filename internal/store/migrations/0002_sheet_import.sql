-- An uploaded roster and how far its import has come. The bytes as they were sent stand in sheet_import_part, sealed, in pieces; words holds the file's
-- name, the mapping and the choices, sealed. sha256 is a hash. counts holds numbers alone. done_seq is the last row that is in the registry.
CREATE TABLE sheet_import (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	by_id BIGINT NOT NULL,
	state $text NOT NULL,
	size BIGINT NOT NULL,
	sha256 $text NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL,
	counts $text NOT NULL,
	done_seq BIGINT NOT NULL,
	job_id BIGINT NOT NULL,
	created_at $text NOT NULL,
	confirmed_at $text NOT NULL,
	finished_at $text NOT NULL
);
CREATE INDEX sheet_import_party ON sheet_import (party, id);
CREATE INDEX sheet_import_hash ON sheet_import (party, sha256);

CREATE TABLE sheet_import_part (
	import_id BIGINT NOT NULL REFERENCES sheet_import (id),
	part BIGINT NOT NULL,
	body $blob NOT NULL,
	PRIMARY KEY (import_id, part)
)$clustered;

-- The journal: what became of each row. family_version is the family's version when the import had written it: an undo that finds another one leaves the
-- family alone. body (problems, changes, the record before) is one byte 0 where there is nothing to say.
CREATE TABLE sheet_import_row (
	import_id BIGINT NOT NULL REFERENCES sheet_import (id),
	seq BIGINT NOT NULL,
	sheet BIGINT NOT NULL,
	row_no BIGINT NOT NULL,
	outcome $text NOT NULL,
	family_id BIGINT NOT NULL,
	family_version BIGINT NOT NULL,
	undo $text NOT NULL,
	body $blob NOT NULL,
	PRIMARY KEY (import_id, seq)
)$clustered;
CREATE INDEX sheet_import_row_outcome ON sheet_import_row (import_id, outcome, seq);

-- What a person said about rosters with certain headers.
CREATE TABLE sheet_mapping (
	user_id BIGINT NOT NULL,
	shape $text NOT NULL,
	body $blob NOT NULL,
	used_at $text NOT NULL,
	PRIMARY KEY (user_id, shape)
)$clustered;

-- Rows that look like a family that is there already, or like another row: they wait for a person to look. source and source_id say who noticed it.
CREATE TABLE duplicate_hint (
	id $id,
	party $text NOT NULL,
	source $text NOT NULL,
	source_id BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	family_id BIGINT NOT NULL,
	other_id BIGINT NOT NULL,
	other_seq BIGINT NOT NULL,
	reason $text NOT NULL,
	state $text NOT NULL,
	created_at $text NOT NULL
);
CREATE UNIQUE INDEX duplicate_hint_one ON duplicate_hint (source, source_id, seq, other_id, other_seq, reason);
CREATE INDEX duplicate_hint_family ON duplicate_hint (party, family_id);
