ALTER TABLE :"schema".:"table" ALTER COLUMN :"column" SET DEFAULT :"private".:"function"()
