"""A lease or a counted judgment may only hold a slot that its task has.

A check constraint cannot look at another table, so a trigger compares with the task's overlap.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accord_slot_within_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.slot < 1 OR NEW.slot > (SELECT overlap FROM annotation_task WHERE id = NEW.task_id) THEN
        RAISE EXCEPTION 'slot % of task % is outside its overlap', NEW.slot, NEW.task_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER assignment_slot_within_overlap
    BEFORE INSERT OR UPDATE OF slot ON annotation_assignment
    FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION accord_slot_within_overlap();

CREATE TRIGGER judgment_slot_within_overlap
    BEFORE INSERT OR UPDATE OF slot ON annotation_judgment
    FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION accord_slot_within_overlap();
"""

BACKWARD = """
DROP TRIGGER judgment_slot_within_overlap ON annotation_judgment;
DROP TRIGGER assignment_slot_within_overlap ON annotation_assignment;
DROP FUNCTION accord_slot_within_overlap();
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
