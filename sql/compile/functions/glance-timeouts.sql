CASE:{arms} ELSE :{otherwise} END
