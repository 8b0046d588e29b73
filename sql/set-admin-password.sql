-- What `secrets adopt` has the database's container run, on its socket.
ALTER ROLE :"admin" PASSWORD :'verifier';
