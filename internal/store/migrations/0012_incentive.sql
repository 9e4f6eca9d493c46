-- Incentive schemes. The purse is a row of its own: approving and delivering change it by conditional updates, and the checks below are the last word, so that no
-- scheme can be overspent, whoever approves at the same moment. The same holds for how many of an offer there are.
CREATE TABLE scheme (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	state $text NOT NULL,
	edition BIGINT NOT NULL,
	follows BIGINT NOT NULL,
	name $text NOT NULL,
	currency $text NOT NULL,
	first $text NOT NULL,
	last $text NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	published_by BIGINT NOT NULL,
	published_at $text NOT NULL,
	closed_by BIGINT NOT NULL,
	closed_at $text NOT NULL,
	body $text NOT NULL
);
CREATE INDEX scheme_party ON scheme (party, state, id);
CREATE TABLE scheme_purse (
	scheme_id BIGINT NOT NULL PRIMARY KEY REFERENCES scheme (id),
	budget BIGINT NOT NULL,
	reserved BIGINT NOT NULL,
	spent BIGINT NOT NULL,
	CHECK (reserved >= 0 AND spent >= 0 AND reserved + spent <= budget)
);
CREATE TABLE scheme_stock (
	scheme_id BIGINT NOT NULL REFERENCES scheme (id),
	offer BIGINT NOT NULL,
	most BIGINT NOT NULL,
	reserved BIGINT NOT NULL,
	delivered BIGINT NOT NULL,
	PRIMARY KEY (scheme_id, offer),
	CHECK (reserved >= 0 AND delivered >= 0 AND (most = 0 OR reserved + delivered <= most))
);
-- claimant_id is the family that the grant was asked for and never moves: family_id goes along when two registrations become one, and a family that had the
-- same benefit under both numbers then has two.
CREATE TABLE incentive_grant (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	scheme_id BIGINT NOT NULL REFERENCES scheme (id),
	offer BIGINT NOT NULL,
	kind $text NOT NULL,
	family_id BIGINT NOT NULL REFERENCES family (id),
	claimant_id BIGINT NOT NULL,
	once BIGINT NOT NULL,
	state $text NOT NULL,
	quantity BIGINT NOT NULL,
	amount BIGINT NOT NULL,
	source $text NOT NULL,
	proposed_by BIGINT NOT NULL,
	proposed_at $text NOT NULL,
	decided_by BIGINT NOT NULL,
	decided_at $text NOT NULL,
	delivered_by BIGINT NOT NULL,
	delivered_on $text NOT NULL,
	document_id BIGINT NOT NULL,
	updated_at $text NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE UNIQUE INDEX incentive_grant_once ON incentive_grant (scheme_id, offer, claimant_id) WHERE once = 1 AND state IN ('proposed', 'approved', 'delivered');
CREATE INDEX incentive_grant_family ON incentive_grant (family_id, id);
CREATE INDEX incentive_grant_scheme ON incentive_grant (scheme_id, state, id);
CREATE INDEX incentive_grant_state ON incentive_grant (party, state, id);
-- Development plans. Goal, words and what was measured (income) are sealed; what lists and figures ask for stands open.
CREATE TABLE development_plan (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	family_id BIGINT NOT NULL REFERENCES family (id),
	state $text NOT NULL,
	template $text NOT NULL,
	owner_id BIGINT NOT NULL,
	started $text NOT NULL,
	review $text NOT NULL,
	created_at $text NOT NULL,
	updated_at $text NOT NULL,
	uid $text NOT NULL,
	detail $blob NOT NULL
);
CREATE INDEX development_plan_family ON development_plan (family_id, id);
CREATE INDEX development_plan_party ON development_plan (party, state, review);
CREATE TABLE plan_action (
	id $id,
	plan_id BIGINT NOT NULL REFERENCES development_plan (id),
	need $text NOT NULL,
	owner_id BIGINT NOT NULL,
	due $text NOT NULL,
	done_on $text NOT NULL,
	cost BIGINT NOT NULL,
	source $text NOT NULL,
	grant_id BIGINT NOT NULL,
	uid $text NOT NULL,
	words $blob NOT NULL
);
CREATE INDEX plan_action_plan ON plan_action (plan_id, id);
CREATE INDEX plan_action_owner ON plan_action (owner_id, due) WHERE done_on = '';
-- When what a family holds ends, one row for each thing that has to be renewed: written with the family, so that reminders need not open a record.
CREATE TABLE family_due (
	family_id BIGINT NOT NULL REFERENCES family (id),
	kind $text NOT NULL,
	until $text NOT NULL,
	PRIMARY KEY (family_id, kind)
);
CREATE INDEX family_due_until ON family_due (until, family_id);
CREATE INDEX document_until ON document (valid_until, family_id) WHERE valid_until <> '' AND removed_at = '';
-- Families that were entered before this step: a job writes what ends for them, and takes them off this list.
CREATE TABLE family_backlog (
	family_id BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO family_backlog (family_id) SELECT id FROM family;
