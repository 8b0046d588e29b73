
  PERFORM :"schema".:"name"();
