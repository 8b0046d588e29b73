BEGIN
  PERFORM :{glance};
  PERFORM :"schema".:"name"();
END
