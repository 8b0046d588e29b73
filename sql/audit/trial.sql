-- Trial of fixes: each one is taken back, and the whole as well.

-- name: begin
BEGIN READ WRITE

-- name: before_fix
SAVEPOINT before_fix

-- name: after_fix
ROLLBACK TO SAVEPOINT before_fix
