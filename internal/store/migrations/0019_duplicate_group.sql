-- One decision of a whole group of registrations that may be one person's. body holds who was in it, who is to stay, the note, and what had been decided of each pair before: what
-- an undo needs. The pairs themselves hold the decision.
CREATE TABLE duplicate_group (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	state $text NOT NULL,
	by_id BIGINT NOT NULL,
	at $text NOT NULL,
	undone_by BIGINT NOT NULL,
	undone_at $text NOT NULL,
	uid $text NOT NULL,
	body $blob NOT NULL
);
CREATE INDEX duplicate_group_party ON duplicate_group (party, undone_at, id);
