BEGIN
  RETURN array_remove(ARRAY[:{names}], NULL);
END
