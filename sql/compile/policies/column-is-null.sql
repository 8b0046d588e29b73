:"column" IS NULL
