-- A claim that is granted when it comes is told by its redemption, and what it took by the entry of its member. Versions that do not know it refuse this schema.

COMMENT ON TABLE loyalty.points_happening IS
    'One row for each claim of a run that waits, waited or was refused, and for each thing that happened to one; a claim that was granted when it came is told by points_redemption. Cost: a row; an update when its day comes. No foreign key: what happens to a claim may be known before the claim.';
COMMENT ON TABLE loyalty.points_operation IS
    'Every operation that took its key, with what became of it: the same key again gets the same answer. Orders of runs stand in points_order instead, and what a claim took is told by the entry with source redeemed and its id until it is given back. Cost: a row and one index entry; an update when a hold ends, a redemption is given back, or an order is refunded. No foreign key, as for points_entry.';
COMMENT ON TABLE loyalty.points_redemption IS
    'One row for each claim, granted or refused, and where it stands; of one that was granted when it came it is the only row that names its key. Cost: a row and a look-up of the member; an update for each thing that happens to it.';
