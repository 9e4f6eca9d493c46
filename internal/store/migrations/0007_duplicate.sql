-- Pairs of families that may be one. a_id is below b_id. probability is parts per million, weight thousandths of a bit; parts says which fields agree and how
-- far, as JSON, and holds no value of a field. found_at is the run that saw the pair last: an open pair that a later run does not see any more goes.
CREATE TABLE duplicate_pair (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	a_id BIGINT NOT NULL REFERENCES family (id),
	b_id BIGINT NOT NULL REFERENCES family (id),
	probability BIGINT NOT NULL,
	weight BIGINT NOT NULL,
	parts $text NOT NULL,
	state $text NOT NULL,
	found_at $text NOT NULL,
	decided_by BIGINT NOT NULL,
	decided_at $text NOT NULL,
	uid $text NOT NULL,
	note $blob NOT NULL
);
CREATE UNIQUE INDEX duplicate_pair_one ON duplicate_pair (a_id, b_id);
CREATE INDEX duplicate_pair_b ON duplicate_pair (b_id);
CREATE INDEX duplicate_pair_queue ON duplicate_pair (party, state, probability, id);
