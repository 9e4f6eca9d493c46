-- Venues, halls and their plans; placements of exhibitors in booths.
-- A plan's "body" is the exchange format of a hall (exhibition.PlanFormat). Of a hall at most one plan is the draft; released ones never change.

CREATE TABLE venue (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	area $text NOT NULL,
	setting $text NOT NULL,
	archived BIGINT NOT NULL,
	name $text NOT NULL,
	body $text NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL
);
CREATE UNIQUE INDEX venue_name ON venue (party, name);

CREATE TABLE hall (
	id $id,
	version BIGINT NOT NULL,
	venue_id BIGINT NOT NULL REFERENCES venue (id),
	party $text NOT NULL,
	name $text NOT NULL,
	name_en $text NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL
);
CREATE UNIQUE INDEX hall_name ON hall (venue_id, name);

CREATE TABLE hall_plan (
	id $id,
	version BIGINT NOT NULL,
	hall_id BIGINT NOT NULL REFERENCES hall (id),
	party $text NOT NULL,
	number BIGINT NOT NULL,
	state $text NOT NULL,
	based_on BIGINT NOT NULL,
	booths BIGINT NOT NULL,
	area_m2 BIGINT NOT NULL,
	blocked BIGINT NOT NULL,
	warned BIGINT NOT NULL,
	body $text NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_by BIGINT NOT NULL,
	updated_at $text NOT NULL,
	released_by BIGINT NOT NULL,
	released_at $text NOT NULL
);
CREATE UNIQUE INDEX hall_plan_number ON hall_plan (hall_id, number);
CREATE UNIQUE INDEX hall_plan_draft ON hall_plan (hall_id) WHERE state = 'draft';

-- Which halls an exhibition uses, each with one released plan.
CREATE TABLE exhibition_hall (
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	hall_id BIGINT NOT NULL REFERENCES hall (id),
	plan_id BIGINT NOT NULL REFERENCES hall_plan (id),
	version BIGINT NOT NULL,
	added_by BIGINT NOT NULL,
	added_at $text NOT NULL,
	PRIMARY KEY (exhibition_id, hall_id)
);
CREATE INDEX exhibition_hall_by_plan ON exhibition_hall (plan_id);

-- One exhibitor in a booth and wave, one booth for a participation: of two who place at the same moment one is told.
CREATE TABLE placement (
	id $id,
	version BIGINT NOT NULL,
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	wave BIGINT NOT NULL,
	hall_id BIGINT NOT NULL REFERENCES hall (id),
	booth BIGINT NOT NULL,
	participation_id BIGINT NOT NULL REFERENCES participation (id),
	locked BIGINT NOT NULL,
	by_id BIGINT NOT NULL,
	at $text NOT NULL
);
CREATE UNIQUE INDEX placement_booth ON placement (exhibition_id, wave, hall_id, booth);
CREATE UNIQUE INDEX placement_once ON placement (participation_id);
