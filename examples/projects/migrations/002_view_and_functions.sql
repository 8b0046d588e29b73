-- Runs with the rights of who asks: the policies of projects and tasks decide what it counts.
CREATE VIEW project_progress WITH (security_invoker = true) AS
SELECT p.tenant_id, p.id AS project_id, p.name, count(t.id) AS tasks, count(t.id) FILTER (WHERE t.done) AS done
FROM projects AS p LEFT JOIN tasks AS t ON t.project_id = p.id
GROUP BY p.id;

-- GET /rpc/my_tasks: the user's tasks, filtered and embedded like a table.
CREATE FUNCTION my_tasks(open_only boolean DEFAULT true) RETURNS SETOF tasks LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM tasks WHERE assignee_id = (SELECT internal.user_id()) AND NOT (open_only AND done);
END;

-- POST /rpc/complete_task: with the caller's rights, so only where the policies let them change the task.
CREATE FUNCTION complete_task(id int) RETURNS tasks LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  task api.tasks;
BEGIN
  UPDATE api.tasks SET done = true WHERE tasks.id = complete_task.id RETURNING * INTO task;
  IF task IS NULL THEN
    -- The same answer whether the task is not there, not visible or not theirs to change.
    RAISE SQLSTATE 'PT404' USING MESSAGE = 'there is no such task for you to complete';
  END IF;
  RETURN task;
END
$$;

-- How many work on a project of the caller's tenant; members may know this, but not who they are. It runs as the owner,
-- past the caller's policies: so it names the tenant itself, answers one number, and its search path is its own.
CREATE FUNCTION team_size(project_id int) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT count(*) FROM api.project_members AS m
  WHERE m.tenant_id = (SELECT internal.tenant_id()) AND m.project_id = team_size.project_id
$$;
