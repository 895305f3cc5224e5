-- By what a run of imports knows that it is given what the last one was given, and need not load what is stored.

ALTER TABLE loyalty.creator_book ADD COLUMN input_digest text COLLATE "C";
COMMENT ON COLUMN loyalty.creator_book.input_digest IS
    'A digest of what the last run was given: what its files say in their order, brand, date, version of the rules; null when it is not known, and once anything else changed creators.';
