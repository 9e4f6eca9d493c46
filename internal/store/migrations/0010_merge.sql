-- Two registrations of one person that became one. The one that does not stay is kept in the state "merged". number is its registration number ("~": none). body
-- holds both records as they were, what the merge made, which choices were made and which rows moved: what an undo needs, months later. Of a family at most one
-- merge stands.
CREATE TABLE family_merge (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	survivor_id BIGINT NOT NULL REFERENCES family (id),
	merged_id BIGINT NOT NULL REFERENCES family (id),
	number $text NOT NULL,
	pair_id BIGINT NOT NULL,
	by_id BIGINT NOT NULL,
	at $text NOT NULL,
	undone_by BIGINT NOT NULL,
	undone_at $text NOT NULL,
	uid $text NOT NULL,
	body $blob NOT NULL
);
CREATE UNIQUE INDEX family_merge_one ON family_merge (merged_id) WHERE undone_at = '';
CREATE INDEX family_merge_survivor ON family_merge (survivor_id);

-- Who found a pair first: "" or a run's kind (night, asked, import), or entry.
ALTER TABLE duplicate_pair ADD COLUMN source $text NOT NULL DEFAULT '';
