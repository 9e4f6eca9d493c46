-- Where a pair of the queue came from: the hints of imports about two families.
CREATE INDEX duplicate_hint_pair ON duplicate_hint (family_id, other_id);
