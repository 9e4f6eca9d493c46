-- What other programs use and are told: keys of the programming interface, addresses that are told of events, and messages to families. What is to be
-- sent is written in the transaction of the event itself, so that nothing is told that did not happen and nothing that happened is left out.
-- "detail" is personal or secret, sealed under the row's uid.

CREATE TABLE api_token (
	id $id,
	version BIGINT NOT NULL,
	user_id BIGINT NOT NULL REFERENCES app_user (id),
	party $text NOT NULL,
	name $text NOT NULL,
	hash $text NOT NULL,
	scopes $text NOT NULL,
	areas $text NOT NULL,
	created_at $text NOT NULL,
	expires_at $text NOT NULL,
	used_at $text NOT NULL,
	revoked_at $text NOT NULL,
	revoked_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_token_hash ON api_token (hash);
CREATE INDEX api_token_by_user ON api_token (user_id);

CREATE TABLE hook (
	id $id,
	version BIGINT NOT NULL,
	party $text NOT NULL,
	uid $text NOT NULL,
	kinds $text NOT NULL,
	state $text NOT NULL,
	created_by BIGINT NOT NULL,
	created_at $text NOT NULL,
	detail $blob NOT NULL
);

-- One event on its way to one address. Those of one object go out in the order of their ids.
CREATE TABLE hook_delivery (
	id $id,
	hook_id BIGINT NOT NULL REFERENCES hook (id),
	uid $text NOT NULL,
	kind $text NOT NULL,
	entity $text NOT NULL,
	entity_id BIGINT NOT NULL,
	at $text NOT NULL,
	body $text NOT NULL,
	state $text NOT NULL,
	tries BIGINT NOT NULL,
	due $text NOT NULL,
	ended_at $text NOT NULL,
	answer BIGINT NOT NULL,
	error $text NOT NULL
);
CREATE INDEX hook_delivery_due ON hook_delivery (due) WHERE state = 'waiting';
CREATE INDEX hook_delivery_by_hook ON hook_delivery (hook_id, id);
CREATE INDEX hook_delivery_in_turn ON hook_delivery (hook_id, entity, entity_id, id) WHERE state = 'waiting';
CREATE INDEX hook_delivery_ended ON hook_delivery (ended_at) WHERE state <> 'waiting';

CREATE TABLE message_template (
	party $text NOT NULL,
	kind $text NOT NULL,
	channel $text NOT NULL,
	version BIGINT NOT NULL,
	active BIGINT NOT NULL,
	body $text NOT NULL,
	updated_by BIGINT NOT NULL,
	updated_at $text NOT NULL,
	PRIMARY KEY (party, kind, channel)
);

CREATE TABLE message (
	id $id,
	uid $text NOT NULL,
	party $text NOT NULL,
	kind $text NOT NULL,
	channel $text NOT NULL,
	lang $text NOT NULL,
	entity $text NOT NULL,
	entity_id BIGINT NOT NULL,
	area $text NOT NULL,
	state $text NOT NULL,
	tries BIGINT NOT NULL,
	due $text NOT NULL,
	created_at $text NOT NULL,
	ended_at $text NOT NULL,
	error $text NOT NULL,
	detail $blob NOT NULL
);
CREATE INDEX message_due ON message (due) WHERE state = 'waiting';
CREATE INDEX message_by_party ON message (party, id);
CREATE INDEX message_ended ON message (ended_at) WHERE state <> 'waiting';

-- Addresses that asked for no messages, by blind index.
CREATE TABLE message_refusal (
	party $text NOT NULL,
	channel $text NOT NULL,
	blind $text NOT NULL,
	at $text NOT NULL,
	by_id BIGINT NOT NULL,
	PRIMARY KEY (party, channel, blind)
);
