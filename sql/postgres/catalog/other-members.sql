-- Who else can become one of our roles, or has its rights; superusers and who asks can anyway. The second login is audited itself.
SELECT d.name AS role, r.rolname AS member
FROM pg_auth_members AS m JOIN declared AS d ON d.oid = m.roleid JOIN pg_roles AS r ON r.oid = m.member
WHERE r.oid NOT IN (SELECT oid FROM declared UNION SELECT oid FROM requesting) AND r.rolname <> current_user AND NOT r.rolsuper
  AND (coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
GROUP BY 1, 2
ORDER BY 1, 2
