-- Allocations: who goes to which exhibition. The seed of the lottery is sealed until it is revealed; commitment is its SHA-256, public from the first day. One
-- allocation at a time decides on an exhibition: live is 0, or the allocation's id once it is dropped. A run holds what the planner was asked and what it
-- answered, under pseudonyms; members says which exhibitor and participation each pseudonym is. slot is 0 while a run is at work, so that there is one at a time.
CREATE TABLE allocation (
	id $id,
	version BIGINT NOT NULL,
	season_id BIGINT NOT NULL REFERENCES season (id),
	parties $text NOT NULL,
	state $text NOT NULL,
	created_at $text NOT NULL,
	uid $text NOT NULL,
	seed $blob NOT NULL,
	body $text NOT NULL
);
CREATE INDEX allocation_season ON allocation (season_id, id);
CREATE TABLE allocation_exhibition (
	allocation_id BIGINT NOT NULL REFERENCES allocation (id),
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	live BIGINT NOT NULL,
	PRIMARY KEY (allocation_id, exhibition_id)
);
CREATE UNIQUE INDEX allocation_exhibition_live ON allocation_exhibition (exhibition_id, live);
CREATE TABLE allocation_run (
	id $id,
	version BIGINT NOT NULL,
	allocation_id BIGINT NOT NULL REFERENCES allocation (id),
	kind $text NOT NULL,
	state $text NOT NULL,
	slot BIGINT NOT NULL,
	job_id BIGINT NOT NULL,
	created_at $text NOT NULL,
	body $text NOT NULL,
	problem $blob NOT NULL,
	plan $blob NOT NULL,
	members $blob NOT NULL
);
CREATE UNIQUE INDEX allocation_run_slot ON allocation_run (slot);
CREATE INDEX allocation_run_of ON allocation_run (allocation_id, id);
CREATE INDEX participation_wait ON participation (exhibition_id, state, rank, id);
