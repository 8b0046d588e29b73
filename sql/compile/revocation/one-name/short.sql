octet_length(:{subject}) <= 1000
