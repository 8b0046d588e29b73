lower(subject)
