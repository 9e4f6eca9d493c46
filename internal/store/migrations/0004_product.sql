-- Products of families, their committee, and the public catalogue. The photographs are the one exception from sealing: they are made to be shown in
-- public, and hold no person.

-- The product taxonomy of each party.
CREATE TABLE taxon (
	party $text NOT NULL,
	code $text NOT NULL,
	version BIGINT NOT NULL,
	parent $text NOT NULL,
	name_ar $text NOT NULL,
	name_en $text NOT NULL,
	food BIGINT NOT NULL,
	cosmetic BIGINT NOT NULL,
	exhibited BIGINT NOT NULL,
	needs $text NOT NULL,
	active BIGINT NOT NULL,
	position BIGINT NOT NULL,
	PRIMARY KEY (party, code)
)$clustered;

-- body is the JSON of registry.ProductRecord; the columns beside it are copies for lists.
CREATE TABLE product (
	id $id,
	version BIGINT NOT NULL,
	family_id BIGINT NOT NULL REFERENCES family (id),
	party $text NOT NULL,
	state $text NOT NULL,
	craft $text NOT NULL,
	name_ar $text NOT NULL,
	name_sort $text NOT NULL,
	search $text NOT NULL,
	price BIGINT NOT NULL,
	currency $text NOT NULL,
	round BIGINT NOT NULL,
	sheet BIGINT NOT NULL,
	entered_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	submitted_at $text NOT NULL,
	submitted_by BIGINT NOT NULL,
	decided_at $text NOT NULL,
	decided_by BIGINT NOT NULL,
	score BIGINT NOT NULL,
	body $text NOT NULL
);
CREATE INDEX product_family ON product (family_id, id);
CREATE INDEX product_state ON product (party, state, id);
CREATE INDEX product_name ON product (party, name_sort, id);
CREATE INDEX product_submitted ON product (party, state, submitted_at, id);

CREATE TABLE product_photo (
	id $id,
	product_id BIGINT NOT NULL REFERENCES product (id),
	position BIGINT NOT NULL,
	sha256 $text NOT NULL,
	width BIGINT NOT NULL,
	height BIGINT NOT NULL,
	size BIGINT NOT NULL,
	added_by BIGINT NOT NULL,
	added_at $text NOT NULL
);
CREATE INDEX product_photo_product ON product_photo (product_id, position);

-- body and thumb are JPEG, not sealed.
CREATE TABLE product_photo_blob (
	photo_id BIGINT NOT NULL PRIMARY KEY REFERENCES product_photo (id),
	body $blob NOT NULL,
	thumb $blob NOT NULL
);

CREATE TABLE product_event (
	id $id,
	product_id BIGINT NOT NULL REFERENCES product (id),
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	step $text NOT NULL,
	from_state $text NOT NULL,
	to_state $text NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE INDEX product_event_product ON product_event (product_id, id);

-- body is the JSON of registry.ScoreSheet.
CREATE TABLE score_sheet (
	id $id,
	party $text NOT NULL,
	number BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX score_sheet_number ON score_sheet (party, number);

-- points is a JSON object of code → points.
CREATE TABLE product_score (
	id $id,
	product_id BIGINT NOT NULL REFERENCES product (id),
	round BIGINT NOT NULL,
	member_id BIGINT NOT NULL,
	at $text NOT NULL,
	points $text NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE UNIQUE INDEX product_score_member ON product_score (product_id, round, member_id);

-- What the public sees, and nothing else: one row for each product that was ever public. shown 0 is a product that no longer is; its body is empty.
-- Rows follow product, family and photograph in the same transaction. seq is the number of the last change, from catalogue_clock.
CREATE TABLE catalogue (
	product_id BIGINT NOT NULL PRIMARY KEY REFERENCES product (id),
	seq BIGINT NOT NULL,
	shown BIGINT NOT NULL,
	family_id BIGINT NOT NULL,
	party $text NOT NULL,
	area $text NOT NULL,
	craft $text NOT NULL,
	search $text NOT NULL,
	since $text NOT NULL,
	body $text NOT NULL
);
CREATE INDEX catalogue_seq ON catalogue (seq);
CREATE INDEX catalogue_family ON catalogue (family_id);

CREATE TABLE catalogue_clock (
	id BIGINT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL
);

-- Printed catalogues, by the job that made them. body is a PDF of what is public, not sealed.
CREATE TABLE catalogue_print (
	job_id BIGINT NOT NULL PRIMARY KEY REFERENCES job (id),
	party $text NOT NULL,
	created_at $text NOT NULL,
	body $blob NOT NULL
);
