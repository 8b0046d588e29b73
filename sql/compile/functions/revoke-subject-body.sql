SELECT :"private".revoke_subjects(ARRAY[subject])
