-- Tokens: $id integer key, $text byte-ordered text, $blob bytes, $clustered a table that is its own index.
-- Instants are RFC 3339 UTC with microseconds, dates YYYY-MM-DD, "~" is "never" where a list sorts by the column (it sorts last).
-- Columns of type $blob hold sealed bytes unless a comment says hash or blind index.

CREATE TABLE meta (
	key $text NOT NULL PRIMARY KEY,
	value $text NOT NULL
);

CREATE TABLE app_user (
	id $id,
	version BIGINT NOT NULL,
	email $text NOT NULL,
	name $text NOT NULL,
	role $text NOT NULL,
	party $text NOT NULL,
	areas $text NOT NULL,
	locale $text NOT NULL,
	password_hash $text NOT NULL,
	totp $blob,
	totp_step BIGINT NOT NULL,
	recovery $text NOT NULL,
	active BIGINT NOT NULL,
	created_at $text NOT NULL,
	created_by BIGINT NOT NULL,
	password_at $text NOT NULL,
	sign_in_at $text NOT NULL
);
CREATE UNIQUE INDEX app_user_email ON app_user (email);

CREATE TABLE session (
	hash $text NOT NULL PRIMARY KEY,
	user_id BIGINT NOT NULL REFERENCES app_user (id),
	pending BIGINT NOT NULL,
	created_at $text NOT NULL,
	seen_at $text NOT NULL,
	address $text NOT NULL,
	agent $text NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE one_time_link (
	hash $text NOT NULL PRIMARY KEY,
	kind $text NOT NULL,
	user_id BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	expires_at $text NOT NULL,
	used_at $text NOT NULL
);
CREATE INDEX one_time_link_by_user ON one_time_link (user_id, kind);

-- who is a keyed hash of "pair", "account", "address", "known" or "code" and what it counts.
CREATE TABLE sign_in_try (
	who $text NOT NULL PRIMARY KEY,
	failures BIGINT NOT NULL,
	last_at $text NOT NULL
);

CREATE TABLE saved_filter (
	id $id,
	user_id BIGINT NOT NULL REFERENCES app_user (id),
	page $text NOT NULL,
	name $text NOT NULL,
	uid $text NOT NULL,
	query $blob NOT NULL,
	created_at $text NOT NULL
);
CREATE UNIQUE INDEX saved_filter_name ON saved_filter (user_id, page, name);

CREATE TABLE family (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	state $text NOT NULL,
	area $text NOT NULL,
	district $text NOT NULL,
	number $text NOT NULL,
	name $text NOT NULL,
	name_sort $text NOT NULL,
	project $text NOT NULL,
	search $text NOT NULL,
	craft $text NOT NULL,
	sex $text NOT NULL,
	protection $text NOT NULL,
	overall $text NOT NULL,
	points BIGINT NOT NULL,
	amendment BIGINT NOT NULL,
	entered_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	submitted_at $text NOT NULL,
	submitted_by BIGINT NOT NULL,
	reviewer_id BIGINT NOT NULL,
	decided_at $text NOT NULL,
	decided_by BIGINT NOT NULL,
	valid_until $text NOT NULL
);
CREATE UNIQUE INDEX family_number_key ON family (party, number) WHERE number <> '~';

-- What lists must look at again, in the order of the commits; see roll.go.
CREATE TABLE family_change (
	seq $id,
	family_id BIGINT NOT NULL
);

CREATE TABLE family_record (
	family_id $id REFERENCES family (id),
	record $blob NOT NULL
);

-- What previews and lists read of very many families; state and area are copies.
CREATE TABLE family_fact (
	family_id $id REFERENCES family (id),
	party $text NOT NULL,
	state $text NOT NULL,
	area $text NOT NULL,
	facts $blob NOT NULL,
	id_number $blob NOT NULL
);

-- blind is a blind index. holds is 1 for the identity number of an active registration: one to a person.
CREATE TABLE identifier (
	family_id BIGINT NOT NULL REFERENCES family (id),
	kind $text NOT NULL,
	blind $blob NOT NULL,
	party $text NOT NULL,
	holds BIGINT NOT NULL,
	PRIMARY KEY (family_id, kind, blind)
)$clustered;
CREATE INDEX identifier_blind ON identifier (blind, kind, party);
CREATE UNIQUE INDEX identifier_one ON identifier (party, kind, blind) WHERE holds = 1;

CREATE TABLE serial (
	party $text NOT NULL,
	year BIGINT NOT NULL,
	last BIGINT NOT NULL,
	PRIMARY KEY (party, year)
);

CREATE TABLE draft (
	family_id $id REFERENCES family (id),
	version BIGINT NOT NULL,
	kind $text NOT NULL,
	form $blob NOT NULL,
	by_id BIGINT NOT NULL,
	updated_at $text NOT NULL,
	submitted_at $text NOT NULL
);

-- body_hash is a hash.
CREATE TABLE idempotency (
	user_id BIGINT NOT NULL,
	key $text NOT NULL,
	body_hash $blob NOT NULL,
	result $text NOT NULL,
	created_at $text NOT NULL,
	PRIMARY KEY (user_id, key)
)$clustered;
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE criteria_set (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	number BIGINT NOT NULL,
	status $text NOT NULL,
	valid_from $text NOT NULL,
	valid_to $text NOT NULL,
	body $text NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	published_by BIGINT NOT NULL,
	published_at $text NOT NULL
);
CREATE UNIQUE INDEX criteria_set_number ON criteria_set (party, number);

CREATE TABLE assessment (
	id $id,
	family_id BIGINT NOT NULL REFERENCES family (id),
	set_id BIGINT NOT NULL REFERENCES criteria_set (id),
	set_version BIGINT NOT NULL,
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	cause $text NOT NULL,
	overall $text NOT NULL,
	points BIGINT NOT NULL,
	uid $text NOT NULL,
	body $blob NOT NULL
);
CREATE INDEX assessment_family ON assessment (family_id, id);

CREATE TABLE document (
	id $id,
	family_id BIGINT NOT NULL REFERENCES family (id),
	type $text NOT NULL,
	issued_on $text NOT NULL,
	valid_until $text NOT NULL,
	media_type $text NOT NULL,
	size BIGINT NOT NULL,
	sha256 $text NOT NULL,
	added_by BIGINT NOT NULL,
	added_at $text NOT NULL,
	removed_at $text NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE INDEX document_family ON document (family_id, id);

CREATE TABLE document_blob (
	document_id BIGINT NOT NULL PRIMARY KEY REFERENCES document (id),
	body $blob NOT NULL,
	thumb $blob NOT NULL
);

CREATE TABLE visit (
	id $id,
	family_id BIGINT NOT NULL REFERENCES family (id),
	on_date $text NOT NULL,
	kind $text NOT NULL,
	finding $text NOT NULL,
	visitor_id BIGINT NOT NULL,
	recorded_at $text NOT NULL,
	documents $text NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE INDEX visit_family ON visit (family_id, id);

CREATE TABLE event (
	id $id,
	family_id BIGINT NOT NULL REFERENCES family (id),
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	step $text NOT NULL,
	from_state $text NOT NULL,
	to_state $text NOT NULL,
	reasons $text NOT NULL,
	assessment_id BIGINT NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE INDEX event_family ON event (family_id, id);

CREATE TABLE waiver (
	id $id,
	family_id BIGINT NOT NULL REFERENCES family (id),
	criterion $text NOT NULL,
	exception $text NOT NULL,
	document_id BIGINT NOT NULL,
	by_id BIGINT NOT NULL,
	at $text NOT NULL,
	revoked_at $text NOT NULL,
	revoked_by BIGINT NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE INDEX waiver_family ON waiver (family_id, id);

-- hash is the SHA-256 of the hash before it and of this row.
CREATE TABLE audit (
	seq $id,
	at $text NOT NULL,
	actor_id BIGINT NOT NULL,
	actor_name $text NOT NULL,
	role $text NOT NULL,
	party $text NOT NULL,
	address $text NOT NULL,
	action $text NOT NULL,
	entity $text NOT NULL,
	entity_id BIGINT NOT NULL,
	area $text NOT NULL,
	changes $blob NOT NULL,
	hash $blob NOT NULL
);
CREATE INDEX audit_entity ON audit (entity, entity_id, seq);
CREATE INDEX audit_actor ON audit (actor_id, seq);
CREATE INDEX audit_party ON audit (party, action, seq);

-- The end of the audit chain, signed with the keys so that cutting the log off at its end is seen.
CREATE TABLE audit_head (
	id BIGINT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL,
	hash $blob NOT NULL,
	mac $blob NOT NULL
);

CREATE TABLE job (
	id $id,
	kind $text NOT NULL,
	party $text NOT NULL,
	state $text NOT NULL,
	params $text NOT NULL,
	cursor_at $text NOT NULL,
	result $text NOT NULL,
	done BIGINT NOT NULL,
	total BIGINT NOT NULL,
	by_id BIGINT NOT NULL,
	created_at $text NOT NULL,
	started_at $text NOT NULL,
	heartbeat_at $text NOT NULL,
	finished_at $text NOT NULL,
	cancel BIGINT NOT NULL,
	attempt BIGINT NOT NULL,
	error_key $text NOT NULL
);
CREATE INDEX job_state ON job (state, id);
