-- FOR SELECT USING: the claim is read once a statement, and is cast, so that the index on user_id serves.
user_id = (SELECT :"private".try_cast(:"private".claim('user_id'), NULL::int))
