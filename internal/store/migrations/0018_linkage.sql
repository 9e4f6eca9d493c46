-- What finds families that may be one: one line of hashes for each family of a party (package matching, Sketch), in blocks of consecutive ids, sealed. pending is how many of a block
-- have not been compared with all others yet. It is made from family_record and follows it by family_change.
CREATE TABLE linkage_segment (
	party $text NOT NULL,
	segment BIGINT NOT NULL,
	pending BIGINT NOT NULL,
	body $blob NOT NULL,
	PRIMARY KEY (party, segment)
);
CREATE INDEX linkage_pending ON linkage_segment (party, segment) WHERE pending > 0;

-- How far a party's blocks are. seq is the last row of family_change that was taken in, filled the last family of the first filling (-1: it is done), params the weights of the last
-- run over all as JSON ("": none yet), which hold no value of anybody.
CREATE TABLE linkage (
	party $text PRIMARY KEY,
	seq BIGINT NOT NULL,
	filled BIGINT NOT NULL,
	params $text NOT NULL,
	params_at $text NOT NULL
);
