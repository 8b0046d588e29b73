-- SQL that `secrets adopt` runs in the database's container, on its socket.
ALTER ROLE :"admin" PASSWORD :'verifier';
