-- Who else can become one of our roles ($1), or has its rights; superusers and who asks can anyway.
SELECT pg_get_userbyid(m.roleid) AS role, r.rolname AS member
FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member
WHERE pg_get_userbyid(m.roleid) = ANY ($1) AND r.rolname <> ALL ($1) AND r.rolname <> current_user AND NOT r.rolsuper
  AND (coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
GROUP BY 1, 2
ORDER BY 1, 2
