-- The catalogue of an exhibition asks which exhibitions a family stands in.
CREATE INDEX participation_family ON participation (family_id) WHERE family_id <> 0;
CREATE INDEX exhibitor_member_family ON exhibitor_member (family_id);
-- What both parties say of a series of exhibitions, by the name that stands in the agreed terms. The name never changes here: terms are changed by both keys.
CREATE TABLE series (
	id $id,
	version BIGINT NOT NULL,
	name $text NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX series_name ON series (name);
