-- What both ministries do together under the memorandum. Both parties read all of it; open_eg and open_qa are how many follow-ups each has still to do.
CREATE TABLE activity (
	id $id,
	version BIGINT NOT NULL,
	first $text NOT NULL,
	status $text NOT NULL,
	open_eg BIGINT NOT NULL,
	open_qa BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE INDEX activity_first ON activity (first);
-- Documents of activities. Their bytes are sealed.
CREATE TABLE activity_paper (
	id $id,
	activity_id BIGINT NOT NULL REFERENCES activity (id),
	removed_at $text NOT NULL,
	body $text NOT NULL
);
CREATE INDEX activity_paper_of ON activity_paper (activity_id);
CREATE TABLE activity_paper_blob (
	paper_id BIGINT NOT NULL PRIMARY KEY REFERENCES activity_paper (id),
	body $blob NOT NULL
);
