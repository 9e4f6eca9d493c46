-- Proposals for the booths of a hall: what the planner was asked and what it answered, under the numbers of participations. slot is 0 while a proposal is at work,
-- so that there is one at a time; members says which booth and which version each placement had when it was asked.
CREATE TABLE layout_run (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	hall_id BIGINT NOT NULL REFERENCES hall (id),
	wave BIGINT NOT NULL,
	state $text NOT NULL,
	slot BIGINT NOT NULL,
	job_id BIGINT NOT NULL,
	created_at $text NOT NULL,
	body $text NOT NULL,
	problem $blob NOT NULL,
	plan $blob NOT NULL,
	members $blob NOT NULL
);
CREATE UNIQUE INDEX layout_run_slot ON layout_run (slot);
CREATE INDEX layout_run_of ON layout_run (exhibition_id, hall_id, party, id);
