-- Seasons and exhibitions belong to both parties; what each sees is decided above. "parties" is ",EG,QA," so that LIKE finds one.
-- "body" holds the JSON of what nothing is searched by; "detail" the same where it is personal, sealed.

CREATE TABLE season (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	first $text NOT NULL,
	last $text NOT NULL,
	body $text NOT NULL
);

CREATE TABLE holiday (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	code $text NOT NULL,
	first $text NOT NULL,
	last $text NOT NULL,
	removed BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX holiday_code ON holiday (party, code) WHERE code <> '';
CREATE INDEX holiday_days ON holiday (first);

CREATE TABLE exhibition (
	id $id,
	version BIGINT NOT NULL,
	status $text NOT NULL,
	proposer $text NOT NULL,
	host $text NOT NULL,
	parties $text NOT NULL,
	season_id BIGINT NOT NULL,
	first $text NOT NULL,
	last $text NOT NULL,
	name $text NOT NULL,
	entered_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	body $text NOT NULL
);
CREATE INDEX exhibition_days ON exhibition (first);

-- What happened to an exhibition, for both parties to read: proposals, keys, changes, comments.
CREATE TABLE exhibition_event (
	id $id,
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	party $text NOT NULL,
	step $text NOT NULL,
	body $text NOT NULL
);
CREATE INDEX exhibition_event_by_exhibition ON exhibition_event (exhibition_id, id);

CREATE TABLE meeting (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	day $text NOT NULL,
	body $text NOT NULL
);
CREATE TABLE meeting_exhibition (
	meeting_id BIGINT NOT NULL REFERENCES meeting (id),
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	PRIMARY KEY (meeting_id, exhibition_id)
);
CREATE TABLE meeting_action (
	id $id,
	meeting_id BIGINT NOT NULL REFERENCES meeting (id),
	party $text NOT NULL,
	owner_id BIGINT NOT NULL,
	due $text NOT NULL,
	done_at $text NOT NULL,
	done_by BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE INDEX meeting_action_open ON meeting_action (party, done_at, due);

CREATE TABLE exhibitor (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	kind $text NOT NULL,
	family_id BIGINT NOT NULL,
	area $text NOT NULL,
	craft $text NOT NULL,
	name $text NOT NULL,
	entered_by BIGINT NOT NULL,
	uid $text NOT NULL,
	detail $blob NOT NULL
);
CREATE UNIQUE INDEX exhibitor_family ON exhibitor (party, family_id) WHERE family_id <> 0;
CREATE TABLE exhibitor_member (
	exhibitor_id BIGINT NOT NULL REFERENCES exhibitor (id),
	family_id BIGINT NOT NULL REFERENCES family (id),
	PRIMARY KEY (exhibitor_id, family_id)
);

-- call is a word of SQL.
CREATE TABLE exhibition_call (
	id $id,
	version BIGINT NOT NULL,
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	party $text NOT NULL,
	opens $text NOT NULL,
	closes $text NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX exhibition_call_party ON exhibition_call (exhibition_id, party);

CREATE TABLE participation (
	id $id,
	version BIGINT NOT NULL,
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	wave BIGINT NOT NULL,
	exhibitor_id BIGINT NOT NULL REFERENCES exhibitor (id),
	family_id BIGINT NOT NULL,
	party $text NOT NULL,
	area $text NOT NULL,
	craft $text NOT NULL,
	state $text NOT NULL,
	rank BIGINT NOT NULL,
	name $text NOT NULL,
	deadline $text NOT NULL,
	entered_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX participation_once ON participation (exhibition_id, wave, exhibitor_id);
CREATE INDEX participation_by_exhibitor ON participation (exhibitor_id);
CREATE INDEX participation_deadline ON participation (deadline) WHERE state = 'invited';

-- One exhibitor on each number of a quota's line: the last place is given once.
CREATE TABLE seat (
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	wave BIGINT NOT NULL,
	line $text NOT NULL,
	number BIGINT NOT NULL,
	participation_id BIGINT NOT NULL REFERENCES participation (id),
	PRIMARY KEY (exhibition_id, wave, line, number)
);
CREATE UNIQUE INDEX seat_once ON seat (participation_id, line);

-- Links that work without an account: a family's application form or the answer to an invitation, and the calendar feed of a user. hash is a hash of the token.
CREATE TABLE exhibition_link (
	hash $text NOT NULL PRIMARY KEY,
	kind $text NOT NULL,
	party $text NOT NULL,
	call_id BIGINT NOT NULL,
	family_id BIGINT NOT NULL,
	participation_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	expires_at $text NOT NULL,
	revoked_at $text NOT NULL
);
CREATE INDEX exhibition_link_by_user ON exhibition_link (user_id, kind);

CREATE TABLE attendance (
	participation_id BIGINT NOT NULL REFERENCES participation (id),
	day $text NOT NULL,
	exhibition_id BIGINT NOT NULL,
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	way $text NOT NULL,
	offline BIGINT NOT NULL,
	PRIMARY KEY (participation_id, day)
);
CREATE INDEX attendance_by_day ON attendance (exhibition_id, day);

CREATE TABLE sale (
	participation_id BIGINT NOT NULL REFERENCES participation (id),
	day $text NOT NULL,
	exhibition_id BIGINT NOT NULL,
	version BIGINT NOT NULL,
	amount BIGINT NOT NULL,
	currency $text NOT NULL,
	pieces BIGINT NOT NULL,
	best $text NOT NULL,
	by_id BIGINT NOT NULL,
	at $text NOT NULL,
	PRIMARY KEY (participation_id, day)
);
CREATE INDEX sale_by_exhibition ON sale (exhibition_id, day);

CREATE TABLE packing_item (
	id $id,
	participation_id BIGINT NOT NULL REFERENCES participation (id),
	exhibition_id BIGINT NOT NULL,
	shipment BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE INDEX packing_item_by_exhibition ON packing_item (exhibition_id, shipment);

CREATE TABLE incident (
	id $id,
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	party $text NOT NULL,
	participation_id BIGINT NOT NULL,
	kind $text NOT NULL,
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	uid $text NOT NULL,
	detail $blob NOT NULL
);
CREATE INDEX incident_by_exhibition ON incident (exhibition_id);

CREATE TABLE evaluation (
	participation_id BIGINT NOT NULL PRIMARY KEY REFERENCES participation (id),
	exhibition_id BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE INDEX evaluation_by_exhibition ON evaluation (exhibition_id);
