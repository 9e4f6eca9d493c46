-- Figures and reports. What a family counts to stands beside it, sealed (it says who is a widow); the sums of all stand in figure_cell. Both follow
-- family_change and assessment at a distance that figure_clock notes, never in the transaction of a save.

-- area is "" for the sum of the party. month is the number of months since the year 0, 0 for what stands now.
CREATE TABLE figure_cell (
	party $text NOT NULL,
	area $text NOT NULL,
	measure $text NOT NULL,
	month BIGINT NOT NULL,
	code $text NOT NULL,
	sex $text NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (party, area, measure, month, code, sex)
)$clustered;
CREATE INDEX figure_cell_empty ON figure_cell (n) WHERE n = 0;

-- due is the day on which the lines change by time alone, "~" for never.
CREATE TABLE figure_family (
	family_id $id REFERENCES family (id),
	due $text NOT NULL,
	facts $blob NOT NULL
);
CREATE INDEX figure_family_due ON figure_family (due) WHERE due <> '~';

-- One row. seq, assessment and exhibition are the last numbers that were taken in; late is the JSON of numbers below that were not there yet (PostgreSQL); built is
-- the last family of a count from the beginning, -1 when that is done; day is the day of the last count.
CREATE TABLE figure_clock (
	id BIGINT NOT NULL PRIMARY KEY,
	built BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	assessment BIGINT NOT NULL,
	exhibition BIGINT NOT NULL,
	day $text NOT NULL,
	late $text NOT NULL
);

-- Exhibitions whose sums must be counted again, in the order of the commits.
CREATE TABLE exhibition_change (
	seq $id,
	exhibition_id BIGINT NOT NULL
);

-- What an exhibition came to, in the currency of its host. state "came" is who held a place or sold something.
CREATE TABLE figure_show (
	exhibition_id BIGINT NOT NULL REFERENCES exhibition (id),
	party $text NOT NULL,
	area $text NOT NULL,
	craft $text NOT NULL,
	sex $text NOT NULL,
	first_time BIGINT NOT NULL,
	state $text NOT NULL,
	n BIGINT NOT NULL,
	days BIGINT NOT NULL,
	amount BIGINT NOT NULL,
	currency $text NOT NULL,
	PRIMARY KEY (exhibition_id, party, area, craft, sex, first_time, state)
)$clustered;

-- A report that is made again and again: what it holds and when. sections are views with a space between; area "" is the whole party; every is "month", "quarter" or ""
-- (only when asked for); langs are the languages of its printed form; done_for is the last day of the newest period that was made by itself.
CREATE TABLE report_plan (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	name $text NOT NULL,
	sections $text NOT NULL,
	area $text NOT NULL,
	span $text NOT NULL,
	langs $text NOT NULL,
	every $text NOT NULL,
	active BIGINT NOT NULL,
	by_id BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	done_for $text NOT NULL
);
CREATE INDEX report_plan_party ON report_plan (party, id);

-- What a report said, and never says otherwise. body is the JSON of its figures and sha256 its hash; sums, no personal data.
CREATE TABLE report_edition (
	id $id,
	plan_id BIGINT NOT NULL REFERENCES report_plan (id),
	party $text NOT NULL,
	number BIGINT NOT NULL,
	first BIGINT NOT NULL,
	last BIGINT NOT NULL,
	made_at $text NOT NULL,
	by_id BIGINT NOT NULL,
	job_id BIGINT NOT NULL,
	sha256 $text NOT NULL,
	body $text NOT NULL
);
CREATE UNIQUE INDEX report_edition_number ON report_edition (plan_id, number);
CREATE UNIQUE INDEX report_edition_job ON report_edition (job_id);

-- The printed form of an edition in a language, where the machine can print.
CREATE TABLE report_pdf (
	edition_id BIGINT NOT NULL REFERENCES report_edition (id),
	lang $text NOT NULL,
	sha256 $text NOT NULL,
	body $blob NOT NULL,
	PRIMARY KEY (edition_id, lang)
);
