-- The catalogue of an exhibition asks which exhibitions a family stands in.
CREATE INDEX participation_family ON participation (family_id) WHERE family_id <> 0;
CREATE INDEX exhibitor_member_family ON exhibitor_member (family_id);
