-- identifier becomes its own index, by the blind index: there were two trees whose places are random, and one of the families; now there is one of each. slot is 0 for the identity number
-- of an active registration: one to a person. It is the family's id for everything else, which any number of families may have. $late: a reference that SQLite looks at when a
-- transaction is committed, so that an INSERT of many rows need not be able to take itself back alone.
ALTER TABLE identifier RENAME TO identifier_before;
CREATE TABLE identifier (
	blind $blob NOT NULL,
	kind $text NOT NULL,
	party $text NOT NULL,
	slot BIGINT NOT NULL,
	family_id BIGINT NOT NULL REFERENCES family (id)$late,
	CONSTRAINT identifier_apart PRIMARY KEY (blind, kind, party, slot)
)$clustered;
INSERT INTO identifier (blind, kind, party, slot, family_id)
	SELECT blind, kind, party, CASE WHEN holds = 1 THEN 0 ELSE family_id END, family_id FROM identifier_before ORDER BY blind, kind, party;
DROP TABLE identifier_before;
CREATE INDEX identifier_family ON identifier (family_id);

-- family_due needs no tree beside its key.
ALTER TABLE family_due RENAME TO family_due_before;
CREATE TABLE family_due (
	family_id BIGINT NOT NULL REFERENCES family (id)$late,
	kind $text NOT NULL,
	until $text NOT NULL,
	CONSTRAINT family_due_key PRIMARY KEY (family_id, kind)
)$clustered;
INSERT INTO family_due (family_id, kind, until) SELECT family_id, kind, until FROM family_due_before ORDER BY family_id, kind;
DROP TABLE family_due_before;
CREATE INDEX family_due_until ON family_due (until, family_id);
