-- Layouts of rosters that go out: the columns a person chose, under a name. Columns are keys with a space between.
CREATE TABLE export_layout (
	id $id,
	user_id BIGINT NOT NULL REFERENCES app_user (id),
	kind $text NOT NULL,
	name $text NOT NULL,
	fields $text NOT NULL,
	created_at $text NOT NULL
);
CREATE UNIQUE INDEX export_layout_name ON export_layout (user_id, kind, name);

-- Workbooks that a job makes, for their owner until they expire. What was asked is sealed: people look for id numbers.
CREATE TABLE export_file (
	id $id,
	job_id BIGINT NOT NULL REFERENCES job (id),
	user_id BIGINT NOT NULL REFERENCES app_user (id),
	party $text NOT NULL,
	kind $text NOT NULL,
	uid $text NOT NULL,
	spec $blob NOT NULL,
	row_count BIGINT NOT NULL,
	size BIGINT NOT NULL,
	sha256 $text NOT NULL,
	created_at $text NOT NULL,
	expires_at $text NOT NULL
);
CREATE UNIQUE INDEX export_file_job ON export_file (job_id);
CREATE INDEX export_file_user ON export_file (user_id, id);

CREATE TABLE export_block (
	file_id BIGINT NOT NULL REFERENCES export_file (id),
	n BIGINT NOT NULL,
	body $blob NOT NULL,
	PRIMARY KEY (file_id, n)
);
