-- Which exhibitor's fee a grant bears: one unit of a grant for one place, and one grant for one place. Whoever gives the place up gives the unit back.
CREATE TABLE grant_use (
	grant_id BIGINT NOT NULL REFERENCES incentive_grant (id),
	number BIGINT NOT NULL,
	participation_id BIGINT NOT NULL REFERENCES participation (id),
	at $text NOT NULL,
	PRIMARY KEY (grant_id, number)
);
CREATE UNIQUE INDEX grant_use_once ON grant_use (participation_id);
