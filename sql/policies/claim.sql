:"private".claim(:'claim')
