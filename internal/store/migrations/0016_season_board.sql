-- The plan of a season: what was said for it, drafts of it, and runs of the planner. A part is what was said of one thing (kind and ref: the rules, an exhibition, a
-- venue, a person, a party's budget); its body is sealed, because it may name people and tell what a party pays. A draft is released with the keys of both parties, and
-- one plan of a season holds. slot of a run is 0 while it is at work, so that there is one at a time.
CREATE TABLE season_part (
	id $id,
	version BIGINT NOT NULL,
	season_id BIGINT NOT NULL REFERENCES season (id),
	kind $text NOT NULL,
	ref BIGINT NOT NULL,
	party $text NOT NULL,
	uid $text NOT NULL,
	body $blob NOT NULL
);
CREATE UNIQUE INDEX season_part_of ON season_part (season_id, kind, ref);
CREATE TABLE season_draft (
	id $id,
	version BIGINT NOT NULL,
	season_id BIGINT NOT NULL REFERENCES season (id),
	state $text NOT NULL,
	holds BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX season_draft_holds ON season_draft (season_id, holds);
CREATE TABLE season_run (
	id $id,
	version BIGINT NOT NULL,
	draft_id BIGINT NOT NULL REFERENCES season_draft (id),
	state $text NOT NULL,
	slot BIGINT NOT NULL,
	job_id BIGINT NOT NULL,
	created_at $text NOT NULL,
	body $text NOT NULL,
	problem $blob NOT NULL,
	result $blob NOT NULL
);
CREATE UNIQUE INDEX season_run_slot ON season_run (slot);
CREATE INDEX season_run_of ON season_run (draft_id, id);
